"""Pages of earlier batches that lie in the same folder."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import msgspec

from speckit_analysis.reports.headlines import METADATA_KEY
from speckit_analysis.reports.library import place
from speckit_analysis.reports.result import Failure, ReportResult


@dataclass(frozen=True)
class EarlierPage:
    """A page that an earlier batch left, with what its notebook records of it."""

    #: What became of the notebook then.
    result: ReportResult
    #: When that was, ISO 8601, UTC.
    started: str
    #: The evidence it was about; empty if it read none.
    roots: list[str]
    #: Hash of that evidence.
    fingerprint: str


class _Read(msgspec.Struct):
    roots: list[str] = []
    fingerprint: str = ""


class _Record(msgspec.Struct):
    """What a batch wrote into a notebook that it ran."""

    started: str
    seconds: float
    failure: Failure | None
    evidence: _Read


def earlier_pages(folder: Path, names: Collection[str]) -> list[EarlierPage]:
    """Return the pages in `folder` that this batch did not write, in the usual order.

    A page counts if the notebook that it was made from lies beside it and says that a batch ran
    it.  Whatever else lies there was put there by somebody else.

    Parameters
    ----------
    folder : Path
        Where the batch wrote to.
    names : collection of str
        Names of the pages that it wrote.
    """
    paths = [path for path in folder.glob("*.ipynb") if path.stem not in names]
    pages = [page for page in map(_page_of, paths) if page is not None]
    return sorted(pages, key=lambda page: place(page.result.name))


def _page_of(path: Path) -> EarlierPage | None:
    """Return the page of a notebook, or nothing if no batch made one of it."""
    import nbformat

    if not path.with_suffix(".html").is_file():
        return None
    try:
        notebook = nbformat.read(path, as_version=4)
        record = msgspec.convert(notebook.metadata.get(METADATA_KEY), _Record)
    except Exception:  # nbformat lets through whatever its parsers raise; none is a page of ours
        return None
    result = ReportResult.of(notebook, path, record.failure, record.seconds)
    return EarlierPage(result, record.started, record.evidence.roots, record.evidence.fingerprint)
