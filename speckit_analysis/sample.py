"""Where the simulated sample lies that comes with the package."""

from __future__ import annotations

from pathlib import Path


def sample_path() -> Path:
    """Return the folder of the simulated sample evidence."""
    package = Path(__file__).resolve().parent
    bundled = package / "_bundled" / "sample"
    return bundled if bundled.is_dir() else package.parent / "data" / "sample"
