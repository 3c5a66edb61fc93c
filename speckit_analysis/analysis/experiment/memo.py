"""The decision as text: a memo on which models to use where, and an entry for a changelog."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import pandas as pd

from speckit_analysis.analysis import wording
from speckit_analysis.analysis.experiment.decision import Decision
from speckit_analysis.analysis.experiment.deviations import deviations_sentence
from speckit_analysis.analysis.experiment.recommendation import ADOPT, KEEP, OPEN, Recommendation

_HEADINGS = {
    ADOPT: "Adopt",
    KEEP: "Keep what is in use",
    OPEN: "Open: collect more",
}


def memo(
    decision: Decision,
    evidence: str,
    fingerprint: str,
    *,
    simulated: bool = False,
    reports: Mapping[str, str] | None = None,
) -> str:
    """Return the strategy that follows from a decision, as Markdown.

    Parameters
    ----------
    decision : Decision
        What was decided.
    evidence : str
        Where the evidence lies.
    fingerprint : str
        Of the evidence.
    simulated : bool
        The evidence is the simulated sample.
    reports : mapping of str to str, optional
        Link to the page of each report; without one, its name is given.
    """
    parts = [
        "# Model strategy",
        *(["> **This rests on simulated evidence. It decides nothing.**"] if simulated else []),
        _plain(decision.sentence),
        f"{_plain(decision.plan.sentence)} Evidence: {_plain(evidence)}, fingerprint"
        f" `{fingerprint[:16]}`. Brackets hold 95 % intervals, unless they say otherwise.",
        *(_section(verdict, decision, reports or {}) for verdict in (ADOPT, KEEP, OPEN)),
        _success(decision),
        _projection(decision),
        f"## Does {_plain(decision.plan.baseline)} pay?\n\n"
        f"{_plain(decision.quality.tradeoff.sentence)}",
        _deviations(decision),
        _rests_on(decision),
        "## How to read this\n\n"
        "A verdict follows from a rule and from margins that a plan fixes beforehand. *Adopt*"
        " means that the simpler way is proved good enough and saves something; *keep*, that it is"
        " proved worse; all else is open, and below five SPECs everything is. A difference that is"
        " not proved is never taken for none.",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def changelog_entry(decision: Decision) -> str:
    """Return an entry for a changelog, with the rationale of each change."""
    adopted = [each for each in decision.recommendations if each.verdict == ADOPT]
    kept = [each for each in decision.recommendations if each.verdict == KEEP]
    opened = sum(each.verdict == OPEN for each in decision.recommendations)
    lines = ["### Changed", ""]
    lines += _reasons(adopted)
    lines += [] if adopted else ["- No model, stage or guardrail changes."]
    if kept:
        lines += ["", "### Kept", ""]
        lines += _reasons(kept)
    lines += ["", f"{wording.count(opened, 'decision')} open for want of evidence."]
    return "\n".join(lines) + "\n"


def _reasons(recommendations: Sequence[Recommendation]) -> list[str]:
    return [
        f"- {_title(each)}: {_plain(each.numbers)} ({_plain(each.rule)})."
        for each in recommendations
    ]


def _title(each: Recommendation) -> str:
    return _capitalised(each.title)


def _capitalised(text: str) -> str:
    plain = _plain(text)
    # A name stays as it is written.
    first = plain.split(" ", 1)[0]
    return plain[:1].upper() + plain[1:] if first.isalpha() and first.islower() else plain


def _section(verdict: str, decision: Decision, reports: Mapping[str, str]) -> str:
    own = [each for each in decision.recommendations if each.verdict == verdict]
    fixed = "Fixed beforehand" if decision.plan.name else "Margin"
    if not own:
        return f"## {_HEADINGS[verdict]}\n\nNothing."
    return f"## {_HEADINGS[verdict]}\n\n" + "\n".join(_item(each, fixed, reports) for each in own)


def _item(each: Recommendation, fixed: str, reports: Mapping[str, str]) -> str:
    link = reports.get(each.report)
    told = f"[{each.report}]({link})" if link else f"report `{each.report}`"
    numbers = f" {_plain(each.numbers)}." if each.numbers else ""
    return (
        f"- **{_title(each)}**:{numbers} Rule: {_plain(each.rule)}. {fixed}:"
        f" {each.margin}. What would change it: {_plain(each.change)} See {told}."
    )


def _rests_on(decision: Decision) -> str:
    rows = [[row["question"], row["evidence"]] for row in _records(decision.rests_on)]
    return f"## What it rests on\n\n{_grid(['question', 'evidence'], rows)}"


def _deviations(decision: Decision) -> str:
    if not decision.plan.name:
        return ""  # the memo says so at its head
    told = _plain(deviations_sentence(decision.plan, decision.deviations))
    heads = ["fixed", "planned", "found", "state"]
    rows = [[row[head] for head in heads] for row in _records(decision.deviations)]
    return "\n\n".join(["## Was the plan kept to?", told, *([_grid(heads, rows)] if rows else [])])


def _success(decision: Decision) -> str:
    rows = [
        [
            row["metric"],
            row["target"],
            _measured(row),
            f"{row['n']} {wording.plural(row['unit'])}",
            row["state"],
        ]
        for row in _records(decision.success)
    ]
    heads = ["metric", "target", "measured", "from", "state"]
    table = _grid(heads, rows)
    return f"## Success metrics\n\n{table}\n\n{_plain(decision.latency_sentence)}"


def _projection(decision: Decision) -> str:
    known = decision.projection.dropna(subset="baseline_usd")
    if known.empty:
        return "## Cost of a SPEC\n\nNo SPEC has a known cost of every usual stage."
    rows = [
        [
            row["complexity"],
            str(row["specs"]),
            wording.usd(row["baseline_usd"]),
            f"{wording.usd(row['candidate_usd'])} ({wording.usd(row['candidate_low_usd'])} to"
            f" {wording.usd(row['candidate_high_usd'])})",
        ]
        for row in _records(known)
    ]
    heads = [
        "complexity",
        "SPECs",
        f"with {decision.plan.baseline}",
        f"with {decision.plan.candidate}",
    ]
    table = _grid([_plain(head) for head in heads], rows)
    return (
        f"## Cost of a SPEC\n\n{table}\n\nThe ratio of costs that the experiment found, and its"
        " interval in brackets, is taken to hold for every class."
    )


def _records(table: pd.DataFrame) -> list[dict[Hashable, Any]]:
    return table.to_dict("records")


def _measured(row: Mapping[Hashable, Any]) -> str:
    if pd.isna(row["value"]):
        return wording.MISSING
    return f"{_share(row['value'])} ({_share(row['low'])} to {_share(row['high'])})"


def _share(value: object) -> str:
    return wording.MISSING if pd.isna(value) else wording.percent(value)  # type: ignore[call-overload]


def _grid(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(_plain(cell) for cell in line)} |" for line in lines)


def _plain(text: str) -> str:
    """Return text out of evidence or plans as it may stand in Markdown."""
    line = " ".join(str(text).split())
    for mark in ("\\", "`", "*", "<", "[", "|"):
        line = line.replace(mark, f"\\{mark}")
    return line
