"""Linear mixed models against closed forms."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from speckit_analysis.stats.intraclass import mean_squares
from speckit_analysis.stats.mixed import crossed_effects, random_coefficients


def crossed_rows(plates: int = 12, samples: int = 6, seed: int = 1) -> pd.DataFrame:
    draw = np.random.default_rng(seed)
    table = draw.normal(0, 1, (plates, 1)) + draw.normal(0, 2, (1, samples))
    table = 20 + table + draw.normal(0, 0.5, (plates, samples))
    rows = [(p, s, table[p, s]) for p in range(plates) for s in range(samples)]
    return pd.DataFrame(rows, columns=["plate", "sample no", "diameter"])


def by_analysis_of_variance(rows: pd.DataFrame) -> dict[str, float]:
    wide = rows.pivot_table(index="plate", columns="sample no", values="diameter").to_numpy()
    squares = mean_squares(wide)
    return {
        "plate": (squares.units - squares.error) / squares.k,
        "sample no": (squares.reviewers - squares.error) / squares.n,
        "residual": squares.error,
    }


def test_crossed_factors_of_a_balanced_table_are_those_of_analysis_of_variance():
    rows = crossed_rows()
    found = crossed_effects(rows, "diameter ~ 1", ["sample no", "plate"])
    assert found.variances == pytest.approx(by_analysis_of_variance(rows), rel=1e-3)
    assert found.fixed["estimate"]["Intercept"] == pytest.approx(rows["diameter"].mean())
    assert found.converged
    assert not found.at_boundary


def test_the_order_of_factors_does_not_matter():
    rows = crossed_rows()
    here, there = (
        crossed_effects(rows, "diameter ~ 1", names)
        for names in (["plate", "sample no"], ["sample no", "plate"])
    )
    assert here.variances == there.variances


def test_maximum_likelihood_finds_less_variance_between_few():
    rows = crossed_rows()
    restricted, plain = (
        crossed_effects(rows, "diameter ~ 1", ["plate", "sample no"], reml=reml)
        for reml in (True, False)
    )
    assert (restricted.method, plain.method) == ("REML", "ML")
    assert plain.variances["sample no"] < restricted.variances["sample no"]


def growth(seed: int = 2) -> pd.DataFrame:
    draw = np.random.default_rng(seed)
    effects = draw.multivariate_normal([5.0, 1.0], [[4.0, 0.8], [0.8, 0.5]], 60)
    return pd.DataFrame(
        [
            {"who": f"p{i}", "day": day, "score": a + b * day + draw.normal(0, 0.7)}
            for i, (a, b) in enumerate(effects)
            for day in range(8)
        ]
    )


def test_intercepts_and_slopes_of_groups_are_found_again():
    found = random_coefficients(growth(), "score ~ day", "who", "day")
    assert found.covariance.to_numpy().ravel() == pytest.approx([4, 0.8, 0.8, 0.5], abs=1.2)
    assert found.fixed["estimate"].tolist() == pytest.approx([5, 1], abs=0.7)
    assert found.residual_variance == pytest.approx(0.49, abs=0.08)
    assert list(found.covariance) == ["Intercept", "day"]


def test_an_intercept_alone_has_one_variance_and_fits_no_better():
    rows = growth()
    slopes = random_coefficients(rows, "score ~ day", "who", "day", reml=False)
    alone = random_coefficients(rows, "score ~ day", "who", reml=False)
    assert list(alone.variances) == ["Intercept", "residual"]
    assert alone.criterion > slopes.criterion


def test_columns_that_are_not_there_and_rows_without_a_group_are_refused():
    rows = growth()
    with pytest.raises(ValueError, match=r"no columns \['whom'\]"):
        random_coefficients(rows, "score ~ day", "whom")
    with pytest.raises(ValueError, match="1 rows lack"):
        random_coefficients(rows.assign(who=rows["who"].mask(rows.index == 3)), "score ~ 1", "who")
    with pytest.raises(ValueError, match="a factor that varies"):
        crossed_effects(rows, "score ~ day", [])
