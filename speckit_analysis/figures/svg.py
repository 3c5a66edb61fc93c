"""A matplotlib figure as inline SVG, which takes the page's ink and face, or as a picture."""

from __future__ import annotations

import hashlib
import io
import re
from html import escape

import matplotlib as mpl
from matplotlib.figure import Figure
from PIL import Image

from speckit_analysis.figures.theme import PAGE_INKS, Chart, any_script, theme

_PREAMBLE = re.compile(r"\A.*?(?=<svg)", re.DOTALL)
_METADATA = re.compile(r"(?<!\s)\s*+<metadata>.*?</metadata>", re.DOTALL)
_STYLE = re.compile(r"(?<!\s)\s*+<style[^>]*>.*?</style>", re.DOTALL)
_COMMENT = re.compile(r"(?<!\s)\s*+<!--.*?-->", re.DOTALL)
_ROOT = re.compile(r"<svg[^>]*viewBox=\"0 0 ([\d.]+) ([\d.]+)\"[^>]*>")
_FONT = re.compile(r"font: (?:(bold|[1-9]00) )?([\d.]+)px [^;\"]*")
_ID = re.compile(r' id="([^"]*)"')
_REFERENCE = re.compile(r"(?:url\(#|href=\"#)([^)\"]*)")


def inline_svg(figure: Figure, label: str) -> str:
    """Return `figure` as an ``<svg>`` element for an HTML page.

    Parameters
    ----------
    figure : Figure
        Drawn by a function of this package.
    label : str
        Text alternative.

    Returns
    -------
    str
        The element, the same for the same figure to the last byte.  It has no background, no
        fixed size, no style sheet and no id that another figure on the page could have; text
        stays text, in the page's face.  The title of a :class:`Chart` is left to the page.
    """
    text = _drawn(figure)
    # The same figure has the same ids every time, another figure has others.
    prefix = "f" + hashlib.sha256((label + text).encode()).hexdigest()[:10]
    for pattern in (_PREAMBLE, _METADATA, _STYLE, _COMMENT):
        text = pattern.sub("", text)
    text = text.replace("xlink:href=", "href=")
    text = _own_ids(text, prefix)
    text = _FONT.sub(_font, text)
    for ink, opacity in PAGE_INKS.items():
        text = _page_ink(text, ink, opacity)
    head = figure.head * 72 if isinstance(figure, Chart) else 0.0
    return _ROOT.sub(lambda root: _root(root, head, label), text, count=1).strip()


def png(figure: Figure) -> bytes:
    """Return `figure` as a picture, its title included, on white."""
    buffer = io.BytesIO()
    with theme(), any_script():
        figure.savefig(buffer, format="png", dpi=110, facecolor="white")
    # A few colours are enough, and a sixth of the size.
    small = io.BytesIO()
    Image.open(buffer).convert("RGB").quantize(64).save(small, format="png", optimize=True)
    return small.getvalue()


def _root(root: re.Match[str], head: float, label: str) -> str:
    box = f"0 {head:.2f} {root[1]} {float(root[2]) - head:.2f}"
    return (
        f'<svg viewBox="{box}" role="img" aria-label="{escape(" ".join(label.split()))}"'
        ' style="width: 100%; max-width: 680px; stroke-linejoin: round; stroke-linecap: butt">'
    )


def _drawn(figure: Figure) -> str:
    """Return the figure as matplotlib writes it, without the title that the page sets."""
    buffer = io.StringIO()
    titles = figure.texts if isinstance(figure, Chart) else []
    with theme(), any_script():
        mpl.rcParams["svg.hashsalt"] = "speckit-analysis"
        for title in titles:
            title.set_visible(False)
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
        for title in titles:
            title.set_visible(True)
    return buffer.getvalue()


def _own_ids(text: str, prefix: str) -> str:
    used = set(_REFERENCE.findall(text))
    text = _ID.sub(lambda found: f' id="{prefix}-{found[1]}"' if found[1] in used else "", text)
    return _REFERENCE.sub(lambda found: found[0].replace("#", f"#{prefix}-", 1), text)


def _font(found: re.Match[str]) -> str:
    weight = f"; font-weight: {found[1]}" if found[1] else ""
    return f"font-size: {found[2]}px{weight}"


def _page_ink(text: str, ink: str, opacity: float) -> str:
    for paint in ("fill", "stroke"):
        faded = f"; {paint}-opacity: {opacity}" if opacity < 1 else ""
        text = text.replace(f"{paint}: {ink}", f"{paint}: currentColor{faded}")
    return text
