"""A notebook as one HTML file that asks nothing of any host."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from speckit_analysis.analysis import wording
from speckit_analysis.errors import ReportError
from speckit_analysis.reports.document import read_document
from speckit_analysis.reports.headlines import METADATA_KEY
from speckit_analysis.reports.provenance import Provenance, read_provenance
from speckit_analysis.whole_files import write_whole

if TYPE_CHECKING:
    import jinja2

    from speckit_analysis.reports.earlier import EarlierPage
    from speckit_analysis.reports.result import ReportResult


def export_html(
    notebook: str | Path,
    out: str | Path | None = None,
    *,
    alone: bool = False,
    public: bool = False,
) -> Path:
    """Write an executed notebook as a self-contained HTML page.

    Parameters
    ----------
    notebook : str or Path
        The notebook; it is shown as it is, not run.
    out : str or Path, optional
        The page; by default the notebook's name with ``.html``.
    alone : bool
        Leave out the link to the other reports of its batch.
    public : bool
        Let the umask decide who may read the page; by default only its owner may.

    Returns
    -------
    Path
        Where the page is.

    Raises
    ------
    ReportError
        If the notebook cannot be read.
    """
    import nbformat

    source = Path(notebook)
    target = Path(out) if out is not None else source.with_suffix(".html")
    try:
        content = nbformat.read(source, as_version=4)
    except Exception as error:  # nbformat lets through whatever its parsers raise
        raise ReportError(f"cannot read the notebook {source}: {error}") from error
    if alone:
        content.metadata.get(METADATA_KEY, {}).pop("index", None)
    write_whole(target, render_report(content, source.stem), private=not public)
    return target


def render_report(notebook: Mapping[str, Any], name: str) -> str:
    """Return the page of an executed notebook called `name`."""
    record = notebook["metadata"].get(METADATA_KEY, {})
    return _render(
        "report.html.j2",
        document=read_document(notebook, name),
        provenance=read_provenance(notebook),
        failure=record.get("failure"),
        index=record.get("index"),
    )


def render_index(
    results: Sequence[ReportResult], provenance: Provenance, earlier: Sequence[EarlierPage] = ()
) -> str:
    """Return the page that lists the reports of a batch, and those that lay there before it."""
    return _render("index.html.j2", results=results, provenance=provenance, earlier=earlier)


def _render(template: str, **context: Any) -> str:
    script = _template_text("page.js")
    context |= {"style": Markup(_template_text("page.css"))}  # noqa: S704 - ours
    context |= {"script": Markup(script)}  # noqa: S704 - ours, and only its own hash lets it run
    context |= {"script_hash": script_hash(script)}
    return _environment().get_template(template).render(context)


def script_hash(script: str) -> str:
    """Return the source expression by which a content security policy allows `script`."""
    digest = hashlib.sha256(script.encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode()}"


@cache
def _environment() -> jinja2.Environment:
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FunctionLoader(_template_text),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"duration": duration, "moment": moment, "unbroken": wording.unbroken}
    return environment


def _template_text(name: str) -> str:
    return files("speckit_analysis.reports").joinpath("templates", name).read_text("utf-8")


def duration(seconds: float) -> str:
    """Return a time span that is given in seconds, as figures and tables write it.

    Examples
    --------
    >>> duration(4.21), duration(185)
    ('4.2 s', '3 min 5 s')
    """
    return wording.seconds(1000 * seconds)


def moment(text: str) -> str:
    """Return an ISO 8601 time as a date and a time of day in UTC.

    Examples
    --------
    >>> moment("2025-11-02T09:30:00.25+01:00")
    '2 November 2025, 08:30 UTC'
    """
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        return text
    when = when.astimezone(UTC) if when.tzinfo else when.replace(tzinfo=UTC)
    return f"{when.day} {when:%B %Y, %H:%M} UTC"
