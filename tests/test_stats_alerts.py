"""How often an alert is false."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from speckit_analysis.stats.alerts import (
    alert_rate_of_lognormal,
    alert_rate_of_share,
    alerts_over,
    false_alerts,
    threshold,
)


def lognormal(draw, shape):
    return draw.lognormal(0, 0.8, shape)


def mixture(draw, shape):
    return draw.lognormal(0, 0.3, shape) * np.where(draw.random(shape) < 0.05, 20.0, 1.0)


@pytest.mark.parametrize("n", [5, 10, 20, 50, 100])
@pytest.mark.parametrize("figures", [lognormal, mixture])
@pytest.mark.parametrize("factor", [1.0, 1.5])
def test_the_bound_on_false_alerts_holds(figures, n, factor):
    draw = np.random.default_rng(n)
    many = np.sort(figures(draw, 200_000))
    found = [threshold(one, factor) for one in figures(draw, (2000, n))]
    values = np.array([one.value for one in found])
    true = 1 - np.searchsorted(many, values, side="right") / len(many)
    covered = np.mean(true <= [one.bound for one in found])
    assert covered >= 0.95 - 2.5 * np.sqrt(0.05 * 0.95 / 2000)


@pytest.mark.parametrize(("n", "bound"), [(5, 0.4507), (20, 0.1391), (59, 0.0495)])
def test_above_the_largest_of_few_a_false_alert_is_not_rare(n, bound):
    found = threshold(np.arange(1.0, n + 1), factor=1.0, quantile=1.0)
    assert found.value == n
    assert found.bound == pytest.approx(bound, abs=1e-4)
    assert found.calibrated is (n >= 20)


def test_no_baseline_or_a_figure_below_0_is_refused():
    for baseline in ([], [1.0, -1.0], [1.0, np.nan]):
        with pytest.raises(ValueError, match="0 or more"):
            threshold(np.array(baseline))
    with pytest.raises(ValueError, match="a factor of 1"):
        threshold(np.ones(30), factor=0.5)


@pytest.mark.parametrize(("alerts", "n"), [(0, 59), (1, 93), (2, 124), (3, 153)])
def test_a_rate_below_5_percent_takes_so_many_figures(alerts, n):
    assert false_alerts(alerts, n).high < 0.05 < false_alerts(alerts, n - 1).high
    assert "not below" in false_alerts(alerts, n - 1).rule


def test_rates_that_are_none_are_refused():
    assert false_alerts(0, 0).verdict == "not estimable"
    with pytest.raises(ValueError, match="no rate"):
        false_alerts(3, 2)


def test_a_rise_as_large_as_the_factor_is_hardly_seen():
    assert alert_rate_of_lognormal(0.5, shift=1.5) == pytest.approx(0.05)
    assert alert_rate_of_lognormal(0.5, shift=2.0) == pytest.approx(0.143, abs=0.001)


def test_a_share_of_few_exceeds_a_limit_by_chance():
    assert alert_rate_of_share(0.4, 0.5, 3) == pytest.approx(stats.binom.sf(1, 3, 0.4))
    assert alert_rate_of_share(0.4, 0.5, 10) < alert_rate_of_share(0.4, 0.5, 3)
    assert alerts_over(0.05, 1) == pytest.approx(0.05)
