"""Tests of files that are no part of the repository are skipped where these are not at hand."""

from __future__ import annotations

from pathlib import Path

import pytest


def needs(*paths: Path) -> pytest.MarkDecorator:
    """Return a mark that skips a test where one of `paths` does not exist."""
    missing = [str(path) for path in paths if not path.exists()]
    reason = f"{', '.join(missing)} not found: SPECKIT_SHARED can name another folder"
    return pytest.mark.skipif(bool(missing), reason=reason)
