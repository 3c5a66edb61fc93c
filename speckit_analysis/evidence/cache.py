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
) -> None:
    """Write every frame as an Arrow file, and last a manifest that makes them valid."""
    target = Path(folder)
    target.mkdir(parents=True, exist_ok=True)
    (target / _MANIFEST).unlink(missing_ok=True)  # it speaks of the frames about to be replaced
    for name, frame in frames.items():
        table = to_arrow(name, frame)
        sink = str(target / f"{name}.arrow")
        with pa.OSFile(sink, "wb") as file, pa.ipc.new_file(file, table.schema) as writer:
            writer.write_table(table)
    paths = sorted(map(str, resolve(roots)))
    manifest = {
        "roots": roots,
        "paths": paths,
        "fingerprint": fingerprint,
        "pricing_source": pricing_source,
    }
    partial = target / f"{_MANIFEST}.partial"
    partial.write_text(json.dumps(manifest), encoding="utf-8")
    partial.replace(target / _MANIFEST)


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
