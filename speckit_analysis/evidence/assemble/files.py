"""The ``files`` table: every file that was found, what it is, and whose copy."""

from __future__ import annotations

import re
from itertools import chain

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from speckit_analysis.evidence.assemble.identity import look_up
from speckit_analysis.evidence.discovery import Discovery, Folder, shown
from speckit_analysis.formats.redaction import mask_all, mask_name

#: Files take whole blocks of this size on most disks.
BLOCK_BYTES = 4096

_DATE = re.compile(r"\d{4}-\d\d-\d\d")


def describe_files(files: pd.DataFrame, discovery: Discovery) -> pd.DataFrame:
    """Return one row per file found, special and unreadable ones included, by number."""
    files = files.sort_values("file", kind="stable").reset_index(drop=True)
    places = _places(discovery)
    for column in ("source", "evidence_root", "path"):
        files[column] = look_up(files["file"], places[column])
    files["disk_bytes"] = -(-files["bytes"] // BLOCK_BYTES) * BLOCK_BYTES
    files["duplicate_of"] = _duplicates(files)
    files["superseded"] = _superseded(files)
    others = _others(discovery, len(files))
    return pd.concat([files, others], ignore_index=True) if len(others) else files


def _places(discovery: Discovery) -> pd.DataFrame:
    """Return where each file lies, by its number: folders are numbered through in order."""
    folders = discovery.folders
    names = _names(folders)
    each = np.repeat(np.arange(len(folders)), [len(folder.names) for folder in folders])
    sources, roots, inner = (
        _masked([getattr(folder, part) for folder in folders]).take(each).reset_index(drop=True)
        for part in ("source", "evidence_root", "inner")
    )
    return pd.DataFrame({"source": sources + names, "evidence_root": roots, "path": inner + names})


def _names(folders: list[Folder]) -> pd.Series:
    found = list(chain.from_iterable(folder.names for folder in folders))
    if not "".join(found).isascii():
        found = [shown(name) for name in found]
    return _masked(found)


def _masked(names: list[str]) -> pd.Series:
    (masked,) = mask_all([(pa.array(names, pa.string()), mask_name)])
    return pd.Series(pd.array(masked, dtype="string"))


def _duplicates(files: pd.DataFrame) -> pd.Series:
    """Return the first file with the very same content; empty files are no copies."""
    content = files["sha256"].where(files["bytes"] > 0)
    known = pa.array(content.dropna())
    if len(pc.unique(known)) == len(known):
        return pd.Series(pd.NA, files.index, dtype="string")
    repeated = content.duplicated() & content.notna()
    first = files[content.notna()].drop_duplicates("sha256").set_index("sha256")["source"]
    return look_up(content.where(repeated), first)


def _superseded(files: pd.DataFrame) -> pd.Series:
    """Mark a file of which a later evidence root holds another state.

    Folders of earlier states carry their date in their name; one without a date is the
    latest.
    """
    if files["evidence_root"].nunique() < 2:
        return pd.Series(False, files.index, dtype="boolean")
    order = states(files["evidence_root"])
    known = files["path"].str.contains("/", na=False)
    last = order.groupby(files["path"]).transform("max")
    return ((order != last) & known).astype("boolean")


def earlier_summaries(costs: pd.DataFrame, files: pd.DataFrame) -> pd.Series:
    """Return the numbers of the summaries of which another file holds a later state.

    The folder's date tells which is later; then the summary's own moment, what it counted so far,
    and at last its place, the first for copies: of the files of a SPEC one is current.
    """
    figures = ["timestamp", "calls_reported", "duration_s", "cost_usd_reported"]
    kept = costs.groupby("file").agg({"spec_id": "first", **dict.fromkeys(figures, "max")})
    places = files.set_index("file").loc[kept.index]
    kept["state"] = states(places["evidence_root"])
    kept["source"] = places["source"]
    order = kept.sort_values("source", ascending=False).sort_values(
        ["state", *figures], na_position="first", kind="stable"
    )
    # Summaries of nobody knows which SPEC are no states of one.
    earlier = order["spec_id"].notna() & order.duplicated("spec_id", keep="last")
    return pd.Series(order.index[earlier])


def states(roots: pd.Series) -> pd.Series:
    """Return what orders the states that evidence roots are: a date, or ``latest``."""
    dates = {root: (_DATE.findall(root) or ["latest"])[-1] for root in roots.unique()}
    return roots.map(dates)


def _others(discovery: Discovery, start: int) -> pd.DataFrame:
    listed = [(source, "special") for source, _ in discovery.special]
    listed += [(source, "unreadable") for source, _ in discovery.unreadable]
    frame = pd.DataFrame(listed, columns=["source", "parse_state"], dtype="string")
    frame["source"] = _masked([source for source, _ in listed])
    frame["file"] = pd.array(range(start, start + len(listed)), dtype="Int32")
    frame["format"] = pd.array(["unrecognised"] * len(listed), dtype="string")
    return frame
