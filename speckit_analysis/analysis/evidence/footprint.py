"""How much space the evidence takes, by SPEC and by format."""

from __future__ import annotations

import numpy as np
import pandas as pd

from speckit_analysis.analysis import wording
from speckit_analysis.analysis.summaries import nullable

MIB = 1024 * 1024

VERDICTS = ("within limits", "above soft limit", "above hard limit")


def files_by_format(files: pd.DataFrame) -> pd.DataFrame:
    """Return how the files were read.

    Returns
    -------
    DataFrame
        ``format``, ``parse_state`` (string, ``unknown`` where missing), ``files``, ``rows``,
        ``bytes`` (Int64), most files first.
    """
    keys = [files[name].astype("string").fillna("unknown") for name in ("format", "parse_state")]
    counted = files.groupby(keys).agg(
        files=("source", "size"), rows=("rows", "sum"), bytes=("bytes", "sum")
    )
    return (
        counted.reset_index()
        .astype(dict.fromkeys(["files", "rows", "bytes"], "Int64"))
        .sort_values(["files", "format", "parse_state"], ascending=[False, True, True])
        .reset_index(drop=True)
    )


def footprint(
    files: pd.DataFrame, soft_mib: float, hard_mib: float, measure: str = "disk_bytes"
) -> pd.DataFrame:
    """Hold the evidence of each SPEC against a limit on its size.

    Parameters
    ----------
    files : DataFrame
        Table ``files``.
    soft_mib, hard_mib : float
        Limits per SPEC in MiB; whatever lies above one has that verdict.
    measure : str
        ``disk_bytes`` (whole blocks, what a disk loses) or ``bytes`` (what the files hold).

    Returns
    -------
    DataFrame
        ``spec_id`` (string, ``no SPEC`` for other files), ``files``, ``bytes``,
        ``disk_bytes`` (Int64), ``of_hard_limit`` (Float64), ``verdict`` (ordered category),
        largest first.

    Raises
    ------
    ValueError
        If the hard limit lies below the soft one, or `measure` is neither of the two.
    """
    if measure not in ("bytes", "disk_bytes"):
        raise ValueError(f"measure is 'bytes' or 'disk_bytes', not {measure!r}")
    if not 0 < soft_mib <= hard_mib:
        raise ValueError(f"limits must rise: soft {soft_mib} MiB, hard {hard_mib} MiB")
    specs = files["spec_id"].astype("string").fillna("no SPEC")
    sizes = files.groupby(specs).agg(
        files=("source", "size"), bytes=("bytes", "sum"), disk_bytes=("disk_bytes", "sum")
    )
    sizes = sizes.astype("Int64").reset_index()
    used = sizes[measure].to_numpy(dtype=float)
    sizes["of_hard_limit"] = nullable(used / (hard_mib * MIB))
    # A size that equals a limit is within it.
    above = np.searchsorted([soft_mib * MIB, hard_mib * MIB], used, side="left")
    words = np.asarray(VERDICTS)[above]
    sizes["verdict"] = pd.Categorical(words, categories=list(VERDICTS), ordered=True)
    return sizes.sort_values([measure, "spec_id"], ascending=[False, True], ignore_index=True)


def footprint_sentence(sizes: pd.DataFrame, measure: str = "disk_bytes") -> str:
    """Say how large the evidence is and which SPECs exceed a limit."""
    specs = sizes[sizes["spec_id"] != "no SPEC"]
    if sizes.empty:
        return "There are no files."
    total = f"{wording.size(sizes[measure].sum())} in {wording.count(sizes['files'].sum(), 'file')}"
    hard = int((specs["verdict"] == VERDICTS[2]).sum())
    soft = int((specs["verdict"] == VERDICTS[1]).sum())
    if specs.empty:
        return f"The evidence takes {total}, none of it filed under a SPEC."
    return (
        f"The evidence takes {total}; of {wording.count(len(specs), 'SPEC')},"
        f" {wording.count(hard)} above the hard limit and {wording.count(soft)} more above the"
        f" soft one. The largest, {specs['spec_id'].iloc[0]}, takes"
        f" {wording.size(specs[measure].iloc[0])}."
    )
