"""What a router keeps of the strong model's gain."""

from __future__ import annotations

import numpy as np
import pytest

from speckit_analysis.stats.router_curve import router_curve

SHARE = np.array([0, 0.25, 0.5, 0.75, 1])


def test_a_coin_recovers_half_of_the_gap():
    curve = router_curve(SHARE, 0.5 + 0.3 * SHARE)
    assert curve.gap_recovered == pytest.approx(0.5)
    assert curve.share_needed(0.8) == pytest.approx(0.8)


def test_quality_on_another_scale_recovers_as_much():
    quality = np.array([0.5, 0.7, 0.75, 0.78, 0.8])
    here, there = router_curve(SHARE, quality), router_curve(SHARE, 10 * quality + 2)
    assert there.gap_recovered == pytest.approx(here.gap_recovered)
    assert there.share_needed(0.5) == pytest.approx(here.share_needed(0.5))


def test_points_may_come_in_any_order():
    quality = np.array([0.5, 0.7, 0.75, 0.78, 0.8])
    assert router_curve(SHARE[::-1], quality[::-1]).area == router_curve(SHARE, quality).area


def test_the_share_needed_is_the_first_that_gets_there():
    curve = router_curve(SHARE, np.array([0.5, 0.9, 0.6, 0.7, 0.9]))
    assert curve.share_needed(1.0) == pytest.approx(0.25)
    assert curve.share_needed(0.0) == 0.0
    assert np.isnan(curve.share_needed(1.5))


def test_models_may_be_measured_apart():
    curve = router_curve([0.2, 0.8], [0.6, 0.7], weak_quality=0.5, strong_quality=0.8)
    assert curve.gap_recovered == pytest.approx(0.5)


def test_models_alike_have_no_gap():
    assert np.isnan(router_curve([0, 1], [0.5, 0.5]).gap_recovered)


@pytest.mark.parametrize(
    ("share", "quality", "why"),
    [
        ([0], [0.5], "two points"),
        ([0, 0, 1], [0.5, 0.6, 0.7], "each once"),
        ([0, 1.2], [0.5, 0.6], "between 0 and 1"),
        ([0.1, 1], [0.5, 0.6], "both models"),
    ],
)
def test_what_is_no_curve_is_refused(share, quality, why):
    with pytest.raises(ValueError, match=why):
        router_curve(share, quality)
