"""How far the evidence can be trusted: what was measured, what is broken, what is missing."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from speckit_analysis.analysis import wording
from speckit_analysis.analysis.intervals import small_sample
from speckit_analysis.analysis.selection import ANSWERS_TO_COMPARE, Selection
from speckit_analysis.tables import STATUSES
from speckit_analysis.tables.results import RESULTS

#: What a run may come with, and the column of ``runs`` that shows it.
MEASURES = {
    "cost from tokens": "cost_usd",
    "cost as reported": "cost_usd_reported",
    "latency": "latency_ms",
    "a synthesis": "synthesis_status",
    "a date": "timestamp",
}

#: How a table shows what :func:`coverage_by` returns.
AS_SHARES = dict.fromkeys(("telemetry", "two answers", *MEASURES), "percent")

#: Verdicts on the size of a SPEC's evidence.
VERDICTS = ("within limits", "above soft limit", "above hard limit")

MIB = 1024 * 1024

#: Tables whose rows say where they come from, and which reports rest on.
SOURCED = ("runs", "calls", "proposals", "disagreements", "costs", "guardrails")


def sourced_tables(evidence: Mapping[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Return the tables of `evidence` that reports rest on, by name."""
    return {name: evidence[name] for name in SOURCED}


def coverage(runs: pd.DataFrame) -> pd.DataFrame:
    """Return the share of runs that come with each thing an analysis needs.

    Parameters
    ----------
    runs : DataFrame
        Table ``runs``.

    Returns
    -------
    DataFrame
        The result ``coverage``; a share is missing where there is no run.
    """
    n = len(runs)
    covered = _marks(runs).sum().sort_values(ascending=False, kind="stable")
    rows = [(name, n, k, k / n if n else None) for name, k in covered.items()]
    return RESULTS["coverage"].of(rows)


def _marks(runs: pd.DataFrame) -> pd.DataFrame:
    """Return for each run and measure whether the run comes with it."""
    marks = {
        "telemetry": (runs["basis"] == "telemetry").fillna(False),
        "two answers": (runs["agents_ok"] >= ANSWERS_TO_COMPARE).fillna(False),
    } | {name: runs[column].notna() for name, column in MEASURES.items()}
    return pd.DataFrame(marks).astype(bool)


def coverage_by(runs: pd.DataFrame, by: str = "stage") -> pd.DataFrame:
    """Return the share of runs that come with each measure, by a column.

    Returns
    -------
    DataFrame
        Index `by` (``unknown`` last), in its own order; ``runs``; then one column per measure of
        :func:`coverage`.
    """
    grouped = _marks(runs).groupby(_with_unknown(runs[by]), observed=True)
    shares = grouped.mean()
    shares.insert(0, "runs", grouped.size())
    return shares.set_axis(shares.index.astype("str"))


def problem_counts(problems: pd.DataFrame) -> pd.DataFrame:
    """Return how many problems there are of each kind: the result ``problem_counts``."""
    grouped = problems.groupby(["kind", "severity"], observed=True, dropna=False)
    counts = grouped.agg(
        problems=("number", "sum"), files=("source", "nunique"), example=("message", "first")
    )
    counted = RESULTS["problem_counts"].of(counts.reset_index())
    return counted.sort_values(
        ["severity", "problems", "kind"], ascending=[False, False, True], ignore_index=True
    )


def provenance_shares(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return where the rows of each table come from.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        Tables by name; each needs ``provenance``.

    Returns
    -------
    DataFrame
        The result ``provenance_shares``, ``unknown`` where it is missing.
    """
    rows = [
        (name, provenance, n, n / len(frame))
        for name, frame in tables.items()
        for provenance, n in _with_unknown(frame["provenance"]).value_counts(sort=False).items()
    ]
    return RESULTS["provenance_shares"].of(rows)


def payloads_by_agent(proposals: pd.DataFrame) -> pd.DataFrame:
    """Return what the agents' answers are: the result ``payloads_by_agent``."""
    agents = proposals["agent"].astype("string").fillna("unknown")
    sizes = proposals.groupby([agents, "payload_class"], observed=True, dropna=False).size()
    counted = sizes.reset_index(name="proposals")
    of_agent = counted.groupby("agent")["proposals"].transform("sum")
    return RESULTS["payloads_by_agent"].of(counted.assign(share=counted["proposals"] / of_agent))


def payload_sentence(proposals: pd.DataFrame) -> str:
    """Say how many answers are structured, and how many repeat another word for word."""
    if proposals.empty:
        return "There are no proposals in this evidence."
    structured = int((proposals["payload_class"] == "structured").sum())
    repeated = int(proposals["content_hash"].dropna().duplicated().sum())
    copies = (
        f" {wording.count(repeated)} {'repeats' if repeated == 1 else 'repeat'} the content of"
        " another word for word, which makes no extra vote."
        if repeated
        else ""
    )
    return (
        f"{wording.count(structured)} of {wording.count(len(proposals), 'proposal')}"
        f" {'is' if structured == 1 else 'are'} structured.{copies}"
    )


def time_span(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return from when to when each table that has timestamps reaches: the result ``time_span``."""
    times = {name: frame["timestamp"] for name, frame in tables.items() if "timestamp" in frame}
    spans = pd.DataFrame(
        {
            "table": list(times),
            "rows": [len(moments) for moments in times.values()],
            "without_time": [moments.isna().sum() for moments in times.values()],
            "first": pd.to_datetime([moments.min() for moments in times.values()], utc=True),
            "last": pd.to_datetime([moments.max() for moments in times.values()], utc=True),
        }
    )
    return RESULTS["time_span"].of(spans)


def span_sentence(runs: pd.DataFrame) -> str:
    """Say from when to when the runs took place."""
    known = runs["timestamp"].dropna()
    if known.empty:
        return "" if runs.empty else "No run says when it took place."
    first, last = wording.day(known.min()), wording.day(known.max())
    when = f"on {first}" if first == last else f"from {first} to {last}"
    undated = len(runs) - len(known)
    rest = f"; {wording.count(undated)} without a date" if undated else ""
    return f"The runs took place {when}{rest}."


def status_crosstab(runs: pd.DataFrame) -> pd.DataFrame:
    """Return the status that was recorded against the one recomputed from what is there.

    Returns
    -------
    DataFrame
        Runs; index ``recorded``, columns recomputed, both in the order of the statuses with
        ``unknown`` last; only statuses that occur.
    """
    recorded = _with_unknown(runs["status_recorded"]).rename("recorded")
    recomputed = _with_unknown(runs["status"]).rename("recomputed")
    table = pd.crosstab(recorded, recomputed)
    return table.reindex(index=_in_order(table.index), columns=_in_order(table.columns))


def _in_order(statuses: pd.Index) -> list[str]:
    others = sorted({*statuses} - {*STATUSES, "unknown"})
    return [name for name in (*STATUSES, *others, "unknown") if name in statuses]


def _with_unknown(column: pd.Series) -> pd.Series:
    category = column.astype("category").cat.remove_unused_categories()
    if category.isna().any() and "unknown" not in category.cat.categories:
        category = category.cat.add_categories("unknown")
    return category.fillna("unknown") if category.isna().any() else category


def status_sentence(runs: pd.DataFrame) -> str:
    """Say how many recorded verdicts do not survive a recount."""
    recorded, recomputed = (runs[name].astype("string") for name in ("status_recorded", "status"))
    both = recorded.notna() & recomputed.notna()
    n = int(both.sum())
    if n == 0:
        return "No run records a status that could be checked."
    wrong = both & (recorded != recomputed)
    rosy = int((wrong & (recorded == "ok")).sum())
    if not wrong.any():
        record = "records" if n == 1 else "record"
        return f"The recorded status holds in {wording.all_of(n, 'run')} that {record} one."
    return (
        f"In {wording.count(int(wrong.sum()))} of {wording.count(n, 'run')} the recorded status"
        f" does not follow from what the agents left; {wording.count(rosy)} of these"
        f" {'says' if rosy == 1 else 'say'} ok."
    )


def problem_sentence(problems: pd.DataFrame, files: pd.DataFrame) -> str:
    """Say how many problems there are and how many files they touch."""
    if problems.empty:
        return "No problem was found in the evidence."
    errors = int(problems.loc[problems["severity"] == "error", "number"].sum())
    touched = int(problems["source"].nunique())
    return (
        f"{wording.count(problems['number'].sum(), 'problem')} in {wording.count(touched)} of"
        f" {wording.count(len(files), 'file')}, {wording.count(errors)} of them"
        f" {'an error' if errors == 1 else 'errors'}."
    )


def files_by_format(files: pd.DataFrame) -> pd.DataFrame:
    """Return how the files were read: the result ``files_by_format``, ``unknown`` where missing."""
    keys = [files[name].astype("string").fillna("unknown") for name in ("format", "parse_state")]
    counted = files.groupby(keys).agg(
        files=("source", "size"), rows=("rows", "sum"), bytes=("bytes", "sum")
    )
    ordered = counted.reset_index().sort_values(
        ["files", "format", "parse_state"], ascending=[False, True, True], ignore_index=True
    )
    return RESULTS["files_by_format"].of(ordered)


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
        The result ``footprint``; ``no SPEC`` stands for other files.

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
    grouped = files.groupby(specs)
    sizes = grouped[["bytes", "disk_bytes"]].sum().assign(files=grouped.size()).reset_index()
    sizes["of_hard_limit"] = sizes[measure] / (hard_mib * MIB)
    # A size that equals a limit is within it.
    exceeded = np.searchsorted([soft_mib * MIB, hard_mib * MIB], sizes[measure].to_numpy(float))
    sizes["verdict"] = pd.Categorical(np.take(VERDICTS, exceeded), VERDICTS, ordered=True)
    ordered = sizes.sort_values([measure, "spec_id"], ascending=[False, True], ignore_index=True)
    return RESULTS["footprint"].of(ordered)


def footprint_sentence(sizes: pd.DataFrame, measure: str = "disk_bytes") -> str:
    """Say how large the evidence is and which SPECs exceed a limit."""
    if sizes.empty:
        return "There are no files."
    specs = sizes[sizes["spec_id"] != "no SPEC"]
    total = f"{wording.size(sizes[measure].sum())} in {wording.count(sizes['files'].sum(), 'file')}"
    _, soft, hard = ((specs["verdict"] == verdict).sum() for verdict in VERDICTS)
    if specs.empty:
        return f"The evidence takes {total}, none of it filed under a SPEC."
    return (
        f"The evidence takes {total}; of {wording.count(len(specs), 'SPEC')},"
        f" {wording.count(hard)} above the hard limit and {wording.count(soft)} more above the"
        f" soft one. The largest, {specs['spec_id'].iloc[0]}, takes"
        f" {wording.size(specs[measure].iloc[0])}."
    )


def headline(runs: Selection, covered: pd.DataFrame) -> str:
    """Answer the notebook's question in a sentence.

    Parameters
    ----------
    runs : Selection
        All runs, by provenance.
    covered : DataFrame
        From :func:`coverage` on the runs that are used.
    """
    if runs.total == 0:
        return "There is nothing to trust or distrust: this evidence holds no runs."
    if runs.kept.empty:
        return f"Nothing measured: {runs.sentence[0].lower()}{runs.sentence[1:]}"
    shares = covered.set_index("measure")["share"]
    usable = wording.listed(
        f"{wording.percent(shares[measure])}{verb} for {purpose}"
        for measure, verb, purpose in (
            ("cost from tokens", " can be used", "cost"),
            ("latency", "", "latency"),
            ("two answers", "", "disagreement"),
        )
    )
    n = len(runs.kept)
    return (
        f"Of {wording.count(runs.total, 'run')}, {wording.count(n)}"
        f" {'counts' if n == 1 else 'count'} as measured; of these {usable}."
        f"{small_sample(n, 'run')}"
    )
