"""How often tests see what is there."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from speckit_analysis.stats.paired import paired_t
from speckit_analysis.stats.paired_proportions import mcnemar_exact
from speckit_analysis.stats.planning import smallest_effect
from speckit_analysis.stats.power import (
    half_width,
    power_of_mcnemar,
    power_of_t,
    units_for_effect,
)


@pytest.mark.parametrize("two_sided", [True, False])
def test_the_units_for_an_effect_are_the_fewest_that_see_it(two_sided):
    n = units_for_effect(0.6, two_sided=two_sided)
    assert power_of_t(0.6, n, two_sided=two_sided) >= 0.8
    assert power_of_t(0.6, n - 1, two_sided=two_sided) < 0.8
    with pytest.raises(ValueError, match="do not see"):
        units_for_effect(0.001, most=50)


def test_the_power_of_t_is_that_of_the_noncentral_distribution():
    limit = stats.t.ppf(0.975, 8)
    known = stats.nct.sf(limit, 8, 0.7 * 3) + stats.nct.cdf(-limit, 8, 0.7 * 3)
    assert power_of_t(0.7, 9) == pytest.approx(known)
    assert power_of_t(smallest_effect(9), 9) == pytest.approx(0.8)


def test_a_half_width_is_that_of_student_s_interval():
    gaps = np.random.default_rng(1).normal(size=7)
    found = paired_t(gaps)
    assert half_width(7) * gaps.std(ddof=1) == pytest.approx((found.high - found.low) / 2)


def test_the_power_of_mcnemar_s_test_is_that_of_simulated_pairs():
    draw = np.random.default_rng(2)
    counts = draw.multinomial(40, [0.25, 0.05, 0.7], 1500)
    seen = np.mean([mcnemar_exact(*row[:2]) <= 0.05 for row in counts])
    assert power_of_mcnemar(0.25, 0.05, 40) == pytest.approx(seen, abs=0.03)
    assert power_of_mcnemar(0.9, 0.0, 5) == 0  # six pairs that differ at least
    with pytest.raises(ValueError, match="at most 1"):
        power_of_mcnemar(0.7, 0.5, 10)
