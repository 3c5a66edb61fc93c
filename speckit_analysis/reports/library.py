"""Where notebooks are found, by path or by name."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from speckit_analysis.errors import ReportError

#: Notebooks that people fill in; they are no reports.
FORMS = frozenset({"scorecard"})

#: Notebooks on data of their own: in a batch over the bundled sample, or when asked for.
ON_REQUEST = frozenset({"real_study"})

#: Order in which reports are listed; others follow by name.
ORDER = (
    "evidence",
    "cost",
    "disagreement",
    "blind_review",
    "single_vs_multi",
    "research_model",
    "arbiter",
    "guardrail",
    "decision",
    "real_study",
)

_PACKAGE = Path(__file__).resolve().parent.parent


def notebook_folder() -> Path:
    """Return the folder of the project's notebooks, in a checkout or installed."""
    bundled = _PACKAGE / "_bundled" / "notebooks"
    return bundled if bundled.is_dir() else _PACKAGE.parent / "notebooks"


def notebook_names() -> list[str]:
    """Return the names of the project's reports, the one on the evidence itself first."""
    names = (path.stem for path in notebook_folder().glob("*.ipynb") if path.stem not in FORMS)
    return sorted(names, key=place)


def place(name: str) -> tuple[int, str]:
    """Return what reports are sorted by."""
    return (ORDER.index(name) if name in ORDER else len(ORDER), name)


def find_notebooks(names: Sequence[str | Path], *, own_evidence: bool = True) -> list[Path]:
    """Return the notebooks that `names` mean.

    Parameters
    ----------
    names : sequence of str or Path
        Paths of notebooks, names of the project's notebooks, or ``"all"`` for every one of
        these.  None at all means ``"all"``.
    own_evidence : bool
        They are to run on somebody's evidence: those on data of their own only if named.

    Returns
    -------
    list of Path
        Absolute paths, each once, in the order asked for.

    Raises
    ------
    ReportError
        If a name means no notebook, or if two notebooks would share a page.
    """
    found = (path for name in names or ["all"] for path in _resolve(name, own_evidence))
    paths = list(dict.fromkeys(found))
    _check_stems(paths)
    return paths


def _resolve(name: str | Path, own_evidence: bool) -> list[Path]:
    if str(name) == "all":
        everything = [
            notebook_folder() / f"{stem}.ipynb"
            for stem in notebook_names()
            if not (own_evidence and stem in ON_REQUEST)
        ]
        if not everything:
            raise ReportError(f"there is no notebook in {notebook_folder()}")
        return [path.resolve() for path in everything]
    path = Path(name).expanduser()
    for candidate in (path, notebook_folder() / f"{name}.ipynb", notebook_folder() / path.name):
        if candidate.suffix == ".ipynb" and candidate.is_file():
            return [candidate.resolve()]
    known = ", ".join(notebook_names()) or "none"
    raise ReportError(f"there is no notebook {str(name)!r}; the project has: {known}")


def _check_stems(paths: Sequence[Path]) -> None:
    seen: dict[str, Path] = {}
    for path in paths:
        # Some file systems do not tell upper from lower case.
        stem = path.stem.lower()
        if stem == "index":
            raise ReportError(f"{path} cannot be a report: index.html is the list of reports")
        if stem in seen:
            raise ReportError(f"{seen[stem]} and {path} would both become {path.stem}.html")
        seen[stem] = path
