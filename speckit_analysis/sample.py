"""Where the simulated data lie that come with the package."""

from __future__ import annotations

from pathlib import Path

#: Names of the simulated studies' files.
LEADERBOARD, EARLIER, TRIALS = "leaderboard.yml", "leaderboard-earlier.yml", "trials.json"

_PACKAGE = Path(__file__).resolve().parent


def sample_path() -> Path:
    """Return the folder of the simulated sample evidence."""
    return _bundled("sample")


def studies_path() -> Path:
    """Return the folder of the simulated studies."""
    return _bundled("studies")


def _bundled(name: str) -> Path:
    bundled = _PACKAGE / "_bundled" / name
    return bundled if bundled.is_dir() else _PACKAGE.parent / "data" / name
