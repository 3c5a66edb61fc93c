"""A matplotlib figure as inline SVG: it takes the page's ink and face, and no id twice."""

from __future__ import annotations

import hashlib
import io
import re
import warnings
from html import escape

from matplotlib.figure import Figure

from speckit_analysis.figures.theme import PAGE_INKS, theme

_PREAMBLE = re.compile(r"\A.*?(?=<svg)", re.DOTALL)
_METADATA = re.compile(r"\s*<metadata>.*?</metadata>", re.DOTALL)
_STYLE = re.compile(r"\s*<style[^>]*>.*?</style>", re.DOTALL)
_COMMENT = re.compile(r"\s*<!--.*?-->", re.DOTALL)
_ROOT = re.compile(r"<svg[^>]*viewBox=\"([^\"]*)\"[^>]*>")
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
        stays text, in the page's face.
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
    head = (
        f'<svg viewBox="\\1" role="img" aria-label="{_attribute(label)}"'
        ' style="width: 100%; max-width: 720px; stroke-linejoin: round; stroke-linecap: butt">'
    )
    return _ROOT.sub(head, text, count=1).strip()


def _drawn(figure: Figure) -> str:
    import matplotlib as mpl

    buffer = io.StringIO()
    with theme(), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        mpl.rcParams["svg.hashsalt"] = "speckit-analysis"
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
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


def _attribute(label: str) -> str:
    # The label becomes part of a replacement pattern, in which a backslash is special.
    return escape(" ".join(label.split())).replace("\\", "\\\\")
