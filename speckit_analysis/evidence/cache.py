"""Frames stored as they are, so that many notebooks of one batch load the evidence once."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pandas as pd
import pyarrow as pa

from speckit_analysis.evidence.discovery import resolve
from speckit_analysis.evidence.frames import from_arrow, to_arrow
from speckit_analysis.tables import TABLES
from speckit_analysis.whole_files import make_folder, write_whole

#: Names the snapshot that ``load`` takes when it is asked for the same roots.
VARIABLE = "SPECKIT_ANALYSIS_SNAPSHOT"

_MANIFEST = "manifest.json"

Stored = tuple[dict[str, pd.DataFrame], list[str], str, str]


def save(
    folder: str | os.PathLike[str],
    frames: dict[str, pd.DataFrame],
    roots: list[str],
    fingerprint: str,
    pricing_source: str,
    *,
    public: bool = False,
) -> None:
    """Write every frame as an Arrow file, and last a manifest that makes them valid.

    Only the owner may read them, unless they are `public`.
    """
    target = Path(folder)
    make_folder(target, private=not public)
    (target / _MANIFEST).unlink(missing_ok=True)  # it speaks of the frames about to be replaced
    for name, frame in frames.items():
        table = to_arrow(name, frame)
        sink = target / f"{name}.arrow"
        # Made anew with its rights: Arrow would keep those of a file that is there.
        sink.unlink(missing_ok=True)
        sink.touch(mode=0o666 if public else 0o600)
        with pa.OSFile(str(sink), "wb") as file, pa.ipc.new_file(file, table.schema) as writer:
            writer.write_table(table)
    paths = sorted(map(str, resolve(roots)))
    manifest = {
        "roots": roots,
        "paths": paths,
        "fingerprint": fingerprint,
        "pricing_source": pricing_source,
    }
    write_whole(target / _MANIFEST, json.dumps(manifest), private=not public)


def find(paths: list[Path], pricing_source: str) -> Path | None:
    """Return the snapshot that the environment offers for exactly these `paths` and prices."""
    folder = os.environ.get(VARIABLE)
    if not folder or not (Path(folder) / _MANIFEST).is_file():
        return None
    manifest = json.loads((Path(folder) / _MANIFEST).read_text(encoding="utf-8"))
    wanted = {"paths": sorted(map(str, paths)), "pricing_source": pricing_source}
    return Path(folder) if wanted.items() <= manifest.items() else None


def read(folder: Path) -> Stored:
    """Return the frames, roots, fingerprint and price lists of a snapshot."""
    manifest = json.loads((folder / _MANIFEST).read_text(encoding="utf-8"))
    frames = {}
    for name in TABLES:
        with pa.memory_map(str(folder / f"{name}.arrow")) as source:
            frames[name] = from_arrow(name, pa.ipc.open_file(source).read_all())
    return frames, manifest["roots"], manifest["fingerprint"], manifest["pricing_source"]
