"""Names of points that lie on no other name and on no point."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.transforms import Bbox

from speckit_analysis.figures.axes import write
from speckit_analysis.figures.theme import INK, MUTED, lay_out

#: Steps from a point at which a name may begin, in points; from farther away a line leads back.
NEAR, FAR = 6, (16, 26, 36)

#: Across, up, and the alignment of the name at the end of a step.
DIRECTIONS: tuple[tuple[float, float, str, str], ...] = (
    (-1, 0.8, "right", "bottom"),
    (1, 0.8, "left", "bottom"),
    (1, -0.8, "left", "top"),
    (1.3, 0, "left", "center"),
    (-1.3, 0, "right", "center"),
    (-1, -0.8, "right", "top"),
    (0, 1.5, "center", "bottom"),
    (0, -1.5, "center", "top"),
    (0.4, 1.4, "left", "bottom"),
    (0.4, -1.4, "left", "top"),
    (-0.4, 1.4, "right", "bottom"),
)

#: Where a name is tried, the best place first.  A level line back would look like one of the chart.
PLACES = [(NEAR, way) for way in DIRECTIONS] + [
    (step, way) for step, way in product(FAR, DIRECTIONS) if way[1]
]

_MARK = 4.0  # half a marker, in points


def name_points(
    figure: Figure, axes: Axes, points: np.ndarray, names: Sequence[str], marks: np.ndarray
) -> list[str]:
    """Write the name of each point where there is room for it.

    Parameters
    ----------
    figure, axes : Figure and Axes
        Drawn, with their limits set.
    points : ndarray of float, shape (n, 2)
        To be named, the most important first.
    names : sequence of str, length n
    marks : ndarray of float, shape (m, 2)
        Everything that a name must not cover.

    Returns
    -------
    list of str
        Names for which there was no room.
    """
    lay_out(figure)
    drawn = [_around(place) for place in axes.transData.transform(marks)]
    names_and_leads: list[Bbox] = []
    left_out = []
    for point, name in zip(points, names, strict=True):
        boxes = _name_point(axes, point, name, drawn, names_and_leads)
        names_and_leads += boxes
        if not boxes:
            left_out.append(name)
    return left_out


def _name_point(
    axes: Axes, point: np.ndarray, name: str, drawn: list[Bbox], names_and_leads: list[Bbox]
) -> list[Bbox]:
    """Write a name in the first place that is free, and return what it covers with its lead."""
    frame, dpi = axes.get_window_extent(), axes.figure.dpi
    for step, (across, up, side, edge) in PLACES:
        offset = (step * across, step * up)
        text = write(axes, name, tuple(point), offset, ha=side, va=edge, color=INK, fontsize=8.5)
        text.set_in_layout(False)
        covered = text.get_window_extent()
        lead = _leading(axes.transData.transform(point), offset, dpi)
        boxes = [covered, *(_around(place, 0.5) for place in lead)]
        free = not _meet([covered], drawn) and not _meet(boxes, names_and_leads)
        if free and _inside(covered, frame):
            if step > NEAR:
                _lead_back(axes, point, offset)
            return boxes
        text.remove()
    return []


def _lead_back(axes: Axes, point: np.ndarray, offset: tuple[float, float]) -> None:
    look = {"arrowstyle": "-", "color": MUTED, "linewidth": 0.7, "shrinkA": 0, "shrinkB": _MARK}
    write(axes, "", tuple(point), offset, arrowprops=look)


def _leading(start: np.ndarray, offset: tuple[float, float], dpi: float) -> np.ndarray:
    """Return places on the line from a point's surroundings to its name, in pixels."""
    along = np.linspace(0, 1, 20)[:, None] * np.asarray(offset) * dpi / 72
    far = np.hypot(*along.T) > 2 * _MARK
    return np.asarray(start + along[far])


def _meet(boxes: list[Bbox], others: list[Bbox]) -> bool:
    return any(box.overlaps(other) for box in boxes for other in others)


def _around(place: np.ndarray, reach: float = _MARK) -> Bbox:
    across, up = place
    return Bbox.from_extents(across - reach, up - reach, across + reach, up + reach)


def _inside(box: Bbox, frame: Bbox) -> bool:
    return box.x0 >= frame.x0 and box.x1 <= frame.x1 and box.y0 >= frame.y0 and box.y1 <= frame.y1
