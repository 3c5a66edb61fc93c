"""One look for every figure: colours, type, and the frame that a chart is drawn in."""

from __future__ import annotations

import textwrap
import unicodedata
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import wraps
from typing import Any, ParamSpec

import matplotlib as mpl
import numpy as np
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure

P = ParamSpec("P")

#: Inks that :mod:`speckit_analysis.figures.svg` replaces by the page's own text colour, with
#: the opacity given, so that a figure reads on a light page and on a dark one.
INK = "#1b1b1f"
MUTED = "#5b5b67"
GRID = "#d3d3db"
PAGE_INKS = {INK: 1.0, MUTED: 0.72, GRID: 0.2}

#: seaborn's colours for the colour-blind, the blue a little lighter than there: it has four
#: times the contrast of its ground on a white page and on a black one.  Orange is darker, for
#: three times that of white, and red with it: the two stay apart for the colour-blind.
BLUE, ORANGE, RED = "#2485c7", "#cf8400", "#bf5000"
_, _, OTHER, _, PURPLE, BROWN, PINK, GREY, YELLOW, SKY = (
    mpl.colors.to_hex(colour) for colour in sns.color_palette("colorblind")
)
#: Beside blue, orange and red; apart from them for the colour-blind, too.
CRIMSON = "#c2336e"

#: From best to worst, and for what is not known.
GOOD, FAIR, POOR, BAD, UNKNOWN = BLUE, SKY, ORANGE, RED, GREY


def class_colours(classes: Iterable[object], table: Mapping[str, str]) -> list[str]:
    """Return the colour of each row by its class.

    No figure leaves out a row because its class is new: what `table` does not name is grey.
    """
    return [table.get(str(name), UNKNOWN) for name in classes]


#: Of lines that are there to compare with.
DASHES = (0, (4, 3))

#: Inches; a page scales the figure to its own width, and its text with it.
WIDTH = 6.1
_TITLE_SIZE, _SUBTITLE_SIZE, _TEXT_SIZE = 12.0, 9.5, 9.5
_TITLE_CHARACTERS, _SUBTITLE_CHARACTERS = 55, 78
# Inches from one line to the next.
_TITLE_LINE, _SUBTITLE_LINE = _TITLE_SIZE * 1.28 / 72, _SUBTITLE_SIZE * 1.35 / 72

# On top of matplotlib's own.
_SETTINGS: dict[str, Any] = {
    # Measured in matplotlib's own face, which is wider than what pages are set in: text that
    # fits here fits everywhere.
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": _TEXT_SIZE,
    # Names in the evidence may hold dollar signs; they are names, not formulas.
    "text.parse_math": False,
    "text.color": INK,
    "axes.edgecolor": MUTED,
    "axes.labelcolor": MUTED,
    "axes.facecolor": "none",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.spines.left": False,
    "axes.axisbelow": True,
    "axes.grid": True,
    "axes.grid.axis": "x",
    "grid.color": GRID,
    "grid.linewidth": 0.8,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelcolor": MUTED,
    "ytick.labelcolor": INK,
    "xtick.major.size": 0,
    "ytick.major.size": 0,
    "text.hinting": "none",
    "figure.dpi": 72,
    "figure.facecolor": "none",
    "savefig.facecolor": "none",
    "legend.frameon": False,
    "svg.fonttype": "none",
    "patch.linewidth": 0,
}


@contextmanager
def theme() -> Iterator[None]:
    """Draw in this project's look, whatever the user's settings are."""
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(_SETTINGS)
        yield


def themed(draw: Callable[P, Chart]) -> Callable[P, Chart]:
    """Make a function that returns a figure draw it in this project's look."""

    @wraps(draw)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> Chart:
        with theme():
            return draw(*args, **kwargs)

    return wrapper


class Chart(Figure):
    """A figure that knows its own title, so that a page can set it as text.

    Attributes
    ----------
    title, subtitle : str
        The finding, and what is shown.
    head : float
        Height that the two take at the top of the figure, in inches.
    bare : bool
        There is nothing to show but the title.
    """

    title: str = ""
    subtitle: str = ""
    head: float = 0.0
    bare: bool = False


def canvas(title: str, subtitle: str, height: float) -> tuple[Chart, Axes]:
    """Return a figure with its title set and one axes below it.

    Parameters
    ----------
    title : str
        The finding, as a sentence.
    subtitle : str
        What is shown, of how many, by which method.
    height : float
        Height of the part below the title, in inches.
    """
    title, subtitle = clean(title, None), clean(subtitle, None)
    heading = textwrap.wrap(title, _TITLE_CHARACTERS)
    below = textwrap.wrap(subtitle, _SUBTITLE_CHARACTERS)
    under_title = len(heading) * _TITLE_LINE + 0.05
    head = under_title + len(below) * _SUBTITLE_LINE + 0.12
    total = height + head
    figure = Chart(figsize=(WIDTH, total))
    figure.title, figure.subtitle, figure.head = title, subtitle, head
    # Rows are placed one by one: the line spacing of a browser is not matplotlib's.
    for row, line in enumerate(heading):
        y = 1 - (row + 1) * _TITLE_LINE / total
        figure.text(0, y, line, fontsize=_TITLE_SIZE, fontweight="bold", va="baseline")
    for row, line in enumerate(below):
        y = 1 - (under_title + (row + 1) * _SUBTITLE_LINE) / total
        figure.text(0, y, line, fontsize=_SUBTITLE_SIZE, color=MUTED, va="baseline")
    rect = (0, 0, 1, 1 - head / total)
    figure.set_layout_engine("constrained", rect=rect, w_pad=0.05, h_pad=0.03)
    return figure, figure.subplots()


def finish(figure: Chart, text: str) -> Chart:
    """Finish `figure`: attach what a reader who does not see it is told, and fix its layout.

    Laying out starts from the last result, so that a figure shown twice would differ in the
    last digits if it were laid out twice.
    """
    figure.set_label(text)
    lay_out(figure)
    figure.set_layout_engine("none")
    return figure


def lay_out(figure: Figure) -> None:
    """Give everything in `figure` its place, without drawing it."""
    with any_script():
        figure.draw_without_rendering()


@contextmanager
def any_script() -> Iterator[None]:
    """Be silent on scripts that the measuring face lacks: the browser's will have them."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        yield


@themed
def empty(title: str, subtitle: str = "") -> Chart:
    """Return a figure that says why there is nothing to show."""
    figure, axes = canvas(title, subtitle, 0.15)
    axes.set_axis_off()
    figure.bare = True
    return finish(figure, f"Nothing to show. {title} {subtitle}".strip())


def clean(text: object, length: int | None = 34) -> str:
    r"""Return evidence text as it may stand in a figure: printable, on one line, cut.

    Examples
    --------
    >>> clean("a\x00b\n c"), clean("abcdefgh", 5)
    ('a b c', 'abcd…')
    """
    characters = (
        " " if unicodedata.category(character)[0] in "CZ" else character for character in str(text)
    )
    line = " ".join("".join(characters).split())
    return line if length is None or len(line) <= length else line[: length - 1] + "…"


def shortened(name: object, length: int = 34) -> str:
    """Return a name as it may stand in a figure, cut in its middle: names differ at the ends.

    Examples
    --------
    >>> shortened("claude-3.5-sonnet + deepseek (whole)", 24)
    'claude-3.5-s…eek (whole)'
    """
    line = clean(name, None)
    if len(line) <= length:
        return line
    head = length // 2
    return f"{line[:head]}…{line[-(length - head - 1) :]}"


def ink_on(colour: str) -> str:
    """Return black or white, whichever reads better on `colour`."""
    return "#000000" if _luminance(colour) > 0.18 else "#ffffff"


def edge_width(colour: str) -> float:
    """Return the width of the edge of a bar: a hairline where its colour is pale on white."""
    return 0.6 if 1.05 / (_luminance(colour) + 0.05) < 3 else 0.0


def _luminance(colour: str) -> float:
    channels = np.array(mpl.colors.to_rgb(colour))
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])
