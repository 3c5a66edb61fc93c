"""Where a report comes from: evidence, versions, parameters, time."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

from speckit_analysis.reports.headlines import METADATA_KEY
from speckit_analysis.sample import sample_path

#: Libraries whose version can change a number or a picture.
PACKAGES = (
    "numpy",
    "pandas",
    "scipy",
    "genai-prices",
    "statsmodels",
    "seaborn",
    "matplotlib",
    "papermill",
)


@dataclass(frozen=True)
class Provenance:
    """What a reader needs to make the same report again."""

    #: Folders or files the evidence was read from.
    roots: list[str] = field(default_factory=list)
    #: Hash of the evidence.
    fingerprint: str = ""
    #: Version of Python and of each package that matters.
    versions: dict[str, str] = field(default_factory=dict)
    #: ``name``, ``value`` and ``meaning`` of every parameter.
    parameters: list[dict[str, str]] = field(default_factory=list)
    #: Value of the parameter ``seed``, where the notebook has it.
    seed: str = ""
    #: When the run started, ISO 8601, UTC.
    started: str = ""
    #: How long it took.
    seconds: float | None = None


def shown_path(path: str) -> str:
    """Return a path as a report shows it: the sample by its name, others without the folder.

    Parameters
    ----------
    path : str
        A folder, a file or a glob; several ones joined by ``os.pathsep`` are shown so too.
    """
    if os.pathsep in path:
        return os.pathsep.join(map(shown_path, path.split(os.pathsep)))
    absolute = Path(path).expanduser().absolute()
    if absolute == sample_path():
        return "data/sample"
    here = Path.cwd()
    return str(absolute.relative_to(here)) if absolute.is_relative_to(here) else path


def package_versions() -> dict[str, str]:
    """Return the version of Python and of every package in :data:`PACKAGES`."""
    from speckit_analysis import __version__

    own = {"python": platform.python_version(), "speckit_analysis": __version__}
    return own | {name: version(name) for name in PACKAGES}


def read_provenance(notebook: Mapping[str, Any]) -> Provenance:
    """Return what an executed notebook's metadata tells of its origin.

    Facts that the batch wrote come first; what it did not write is taken from papermill's.
    """
    metadata = notebook.get("metadata", {})
    ours = metadata.get(METADATA_KEY, {})
    theirs = metadata.get("papermill", {})
    evidence = ours.get("evidence", {})
    passed = theirs.get("parameters", {})
    parameters = ours.get("parameters") or [
        {"name": name, "value": repr(value), "meaning": ""} for name, value in passed.items()
    ]
    return Provenance(
        roots=list(evidence.get("roots", [])),
        fingerprint=evidence.get("fingerprint", ""),
        versions=dict(ours.get("versions", {})),
        parameters=[dict(parameter) for parameter in parameters],
        seed=next((p["value"] for p in parameters if p["name"] == "seed"), ""),
        started=ours.get("started") or theirs.get("start_time") or "",
        seconds=ours.get("seconds", theirs.get("duration")),
    )
