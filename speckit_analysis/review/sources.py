"""Where outputs to review come from: a folder, a list, or evidence."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from speckit_analysis.analysis.wording import suggestion
from speckit_analysis.errors import EvidenceError
from speckit_analysis.hand_files import read_csv, read_text
from speckit_analysis.review.packets import Output
from speckit_analysis.tables.vocabulary import ANSWERS

if TYPE_CHECKING:
    from speckit_analysis.evidence.load import Evidence

_COLUMNS = ("unit", "variant", "file")


def outputs_in_folder(folder: Path) -> list[Output]:
    """Return the outputs in a folder ``<unit>/<variant>.<ending>``.

    Raises
    ------
    EvidenceError
        If there is none, or a file cannot be read.
    """
    files = sorted(path for path in folder.glob("*/*") if path.is_file() and path.name[0] != ".")
    if not files:
        raise EvidenceError(f"no outputs in {folder}: it takes files UNIT/VARIANT.md (or .json)")
    return [
        Output(
            path.parent.name,
            path.stem,
            read_text(path, "output"),
            source=str(path.relative_to(folder)),
        )
        for path in files
    ]


def outputs_of_list(path: Path) -> list[Output]:
    """Return the outputs that a CSV lists: ``unit,variant,file``, and more if you like.

    ``spec_id`` and ``stage`` say what it is of, ``cost_usd`` and ``seconds`` what making it took.

    Files are relative to the list.

    Raises
    ------
    EvidenceError
        If a column is missing, or a file cannot be read; the message names the line.
    """
    outputs = []
    for line, row in read_csv(path, "list", _COLUMNS).records:
        missing = [name for name in _COLUMNS if not row.get(name, "").strip()]
        if missing:
            raise EvidenceError(f"{path}, line {line}: no {missing[0]}; it takes unit,variant,file")
        file = path.parent / row["file"].strip()
        outputs.append(
            Output(
                row["unit"].strip(),
                row["variant"].strip(),
                read_text(file, "output"),
                row.get("spec_id", "").strip(),
                row.get("stage", "").strip(),
                row["file"].strip(),
                *(_amount(row, name, f"{path}, line {line}") for name in ("cost_usd", "seconds")),
            )
        )
    if not outputs:
        raise EvidenceError(f"{path} lists no outputs")
    return outputs


def _check_names(noun: str, names: Sequence[str], column: pd.Series) -> None:
    """Refuse names that no proposal has, with those that may have been meant."""
    present = sorted(column.dropna().astype(str).unique())
    for name in names:
        if name not in present:
            raise EvidenceError(
                f"no proposal of {noun} {name!r} in this evidence; {suggestion(name, present)}"
            )


def _amount(row: dict[str, str], name: str, place: str) -> float | None:
    text = row.get(name, "").strip()
    try:
        amount = float(text) if text else None
    except ValueError:
        amount = -1.0
    if amount is not None and not 0 <= amount < float("inf"):
        raise EvidenceError(f"{place}, {name}: {text!r} is no amount")
    return amount


def outputs_of_evidence(
    evidence: Evidence,
    variants: Sequence[str],
    *,
    stages: Sequence[str] = (),
    include: Sequence[str] = ("measured",),
) -> tuple[list[Output], list[str]]:
    """Return proposals of some agents, one a SPEC and stage, the latest that all of them gave.

    Parameters
    ----------
    evidence : Evidence
        What was loaded.
    variants : sequence of str
        Agents; each is a variant.
    stages : sequence of str
        Stages that count; all, if none is told.
    include : sequence of str
        Provenances that count.

    Returns
    -------
    list of Output, list of str
        Outputs, and the units that lack one of the agents.

    Raises
    ------
    EvidenceError
        If the evidence has no proposal of an agent or a stage, or none that they all gave.
    """
    rows = evidence.proposals
    _check_names("agent", variants, rows["agent"])
    _check_names("stage", stages, rows["stage"])
    kept = rows["payload_class"].isin(ANSWERS)
    kept &= rows["provenance"].isin(include) & rows["agent"].isin(variants)
    if stages:
        kept &= rows["stage"].isin(stages)
    usable = rows[kept.fillna(False)].sort_values("timestamp", kind="stable")
    calls = evidence.calls.drop_duplicates(["run_id", "agent"])
    made = calls[["run_id", "agent", "cost_usd", "latency_ms"]]
    usable = usable.merge(made, on=["run_id", "agent"], how="left")
    outputs, lacking = [], []
    for (spec, stage), group in usable.groupby(["spec_id", "stage"], observed=True, sort=True):
        whole = group.groupby("run_id", sort=False)["agent"].nunique() == len(set(variants))
        if not whole.any():
            lacking.append(f"{spec} {stage}")
            continue
        run = whole[whole].index[-1]
        last = group[group["run_id"] == run].drop_duplicates("agent", keep="last")
        outputs += [
            Output(
                f"{spec} {stage}",
                str(row.agent),
                str(row.content),
                str(spec),
                str(stage),
                f"{row.source} {row.locator}",
                None if pd.isna(row.cost_usd) else float(row.cost_usd),
                None if pd.isna(row.latency_ms) else float(row.latency_ms) / 1000,
            )
            for row in last.itertuples()
        ]
    if not outputs:
        raise EvidenceError(
            f"no SPEC and stage with an answer of all of {', '.join(variants)}: see"
            " speckit-analysis describe proposals for what there is"
        )
    return outputs, lacking
