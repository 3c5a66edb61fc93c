"""Files that are complete or not there: who may read them."""

from __future__ import annotations

import os
import stat
import subprocess
import sys

import pytest

from speckit_analysis.whole_files import write_whole

WRITE = """
from pathlib import Path
from speckit_analysis.whole_files import write_whole
write_whole(Path("shared"), "for all")
write_whole(Path("private"), "for one", private=True)
"""


@pytest.mark.parametrize(("mask", "mode"), [(0o022, 0o644), (0o027, 0o640)])
def test_a_file_is_readable_as_the_mask_says_and_a_private_one_by_its_owner(mask, mode, tmp_path):
    subprocess.run([sys.executable, "-c", WRITE], cwd=tmp_path, umask=mask, check=True)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    assert modes == {"shared": mode, "private": 0o600}


def test_writing_leaves_the_mask_of_other_threads_alone(tmp_path, monkeypatch):
    def umask(mask):
        raise AssertionError(f"the mask became {mask:o} for a moment")

    monkeypatch.setattr(os, "umask", umask)
    write_whole(tmp_path / "shared", "for all")
    assert (tmp_path / "shared").read_text() == "for all"
