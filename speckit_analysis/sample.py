"""Where the data lie that come with the package: the simulated sample, and a real study."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def sample_path() -> Path:
    """Return the folder of the simulated sample evidence."""
    return _bundled("sample")


def is_sample(roots: Sequence[str | os.PathLike[str]]) -> bool:
    """Tell whether evidence is the simulated sample alone."""
    return all(Path(root).resolve() == sample_path().resolve() for root in roots)


def real_study_path() -> Path:
    """Return the folder of the bundled outcomes of a real study."""
    return _bundled("real")


def _bundled(name: str) -> Path:
    bundled = _PACKAGE / "_bundled" / name
    return bundled if bundled.is_dir() else _PACKAGE.parent / "data" / name
