"""HTML that came out of a notebook, reduced to what a report may hold.

Outputs quote evidence, and evidence was written by language models.  Whatever could load,
run, submit, overlay the page or reach outside it is taken away here; the page's content
security policy is the second lock on the same door.
"""

from __future__ import annotations

import re

import nh3

_TEXT_TAGS = {
    "a", "abbr", "b", "blockquote", "br", "caption", "code", "col", "colgroup", "dd", "del",
    "details", "dfn", "div", "dl", "dt", "em", "figcaption", "figure", "h1", "h2", "h3", "h4",
    "h5", "h6", "hr", "i", "img", "ins", "kbd", "li", "mark", "ol", "p", "pre", "q", "s", "samp",
    "section", "small", "span", "strong", "sub", "summary", "sup", "table", "tbody", "td",
    "tfoot", "th", "thead", "time", "tr", "u", "ul", "var", "wbr",
}  # fmt: skip
_SVG_TAGS = {
    "svg", "g", "defs", "use", "symbol", "title", "desc", "path", "rect", "circle", "ellipse",
    "line", "polyline", "polygon", "text", "tspan", "image", "clipPath", "marker", "pattern",
    "linearGradient", "radialGradient", "stop",
}  # fmt: skip
#: Tags that go together with everything in them; the text of others is kept.
_DROPPED_WHOLE = {
    "script", "style", "metadata", "iframe", "object", "noscript", "template", "foreignObject",
    "textarea", "select", "noembed", "noframes", "xmp",
}  # fmt: skip

_PAINT = {
    "fill", "fill-opacity", "fill-rule", "stroke", "stroke-width", "stroke-opacity",
    "stroke-dasharray", "stroke-dashoffset", "stroke-linecap", "stroke-linejoin",
    "stroke-miterlimit", "opacity", "color", "clip-path", "clip-rule", "font-family", "font-size",
    "font-style", "font-weight", "text-anchor", "dominant-baseline", "stop-color", "stop-opacity",
    "marker-start", "marker-mid", "marker-end", "paint-order", "letter-spacing",
    "shape-rendering",
}  # fmt: skip
#: Properties that an inline style may set: ink and measure, nothing that moves or overlays.
_STYLE_PROPERTIES = _PAINT | {
    "background-color", "border-left", "border-color", "font", "font-variant-numeric", "margin",
    "margin-left", "margin-right", "margin-top", "margin-bottom", "padding", "padding-left",
    "max-width", "min-width", "width", "text-align", "text-decoration", "vertical-align",
    "white-space", "image-rendering",
}  # fmt: skip

_GEOMETRY = {
    "x", "y", "x1", "y1", "x2", "y2", "cx", "cy", "r", "rx", "ry", "dx", "dy", "d", "points",
    "width", "height", "transform", "viewBox", "preserveAspectRatio", "offset", "gradientUnits",
    "gradientTransform", "patternUnits", "patternTransform", "clipPathUnits", "markerWidth",
    "markerHeight", "markerUnits", "refX", "refY", "orient", "textLength", "lengthAdjust",
    "version", "focusable",
}  # fmt: skip
_EVERYWHERE = {
    "class", "id", "style", "title", "lang", "dir", "role", "aria-label", "aria-labelledby",
    "aria-describedby", "aria-hidden",
}  # fmt: skip
_ATTRIBUTES: dict[str, set[str]] = {
    "*": _EVERYWHERE,
    "a": {"href"},
    "col": {"span"},
    "colgroup": {"span"},
    "details": {"open"},
    "img": {"src", "alt", "width", "height"},
    "ol": {"start"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan", "scope"},
    "time": {"datetime"},
} | dict.fromkeys(_SVG_TAGS - {"title", "desc"}, _GEOMETRY | _PAINT)
_ATTRIBUTES["use"] = _ATTRIBUTES["use"] | {"href"}
_ATTRIBUTES["image"] = _ATTRIBUTES["image"] | {"href"}

_PICTURE = re.compile(r"data:image/(png|jpeg|gif|webp);base64,[A-Za-z0-9+/=\s]*\Z")
_WEB_LINK = re.compile(r"(https?://|mailto:|#)", re.IGNORECASE)
_REFERENCE = re.compile(r"url\(\s*(['\"]?)([^)'\"]*)\1\s*\)", re.IGNORECASE)


def sanitize(html: str, prefix: str = "") -> str:
    """Return `html` without anything that could load, run or overlay.

    Parameters
    ----------
    html : str
        A fragment from anywhere.
    prefix : str
        Put in front of every id and every reference to one, so that two figures on a page do
        not take each other's clip paths.

    Examples
    --------
    >>> sanitize('<p onclick="steal()">3 < 4<script>steal()</script></p>')
    '<p>3 &lt; 4</p>'
    """

    def keep(tag: str, name: str, value: str) -> str | None:
        if name in ("href", "src"):
            return _kept_address(tag, value, prefix)
        if name == "id":
            return prefix + value
        if name in ("aria-labelledby", "aria-describedby"):
            return " ".join(prefix + part for part in value.split())
        return _with_local_references(value, prefix)

    return nh3.clean(
        html,
        tags=_TEXT_TAGS | _SVG_TAGS,
        clean_content_tags=_DROPPED_WHOLE,
        attributes=_ATTRIBUTES,
        attribute_filter=keep,
        url_schemes={"http", "https", "mailto", "data"},
        filter_style_properties=_STYLE_PROPERTIES,
        link_rel="noopener noreferrer",
    )


def _kept_address(tag: str, value: str, prefix: str) -> str | None:
    value = value.strip()
    if tag == "a":
        return value if _WEB_LINK.match(value) else None
    if tag == "use":
        return f"#{prefix}{value[1:]}" if value.startswith("#") else None
    return value if _PICTURE.match(value) else None


def _with_local_references(value: str, prefix: str) -> str | None:
    # A backslash can spell url( in a way that the pattern below does not see.
    if "\\" in value and "(" in value:
        return None
    targets = [match[2].strip() for match in _REFERENCE.finditer(value)]
    if any(not target.startswith("#") for target in targets):
        return None
    if len(targets) != value.lower().count("url("):
        return None
    return _REFERENCE.sub(lambda match: f"url(#{prefix}{match[2].strip()[1:]})", value)
