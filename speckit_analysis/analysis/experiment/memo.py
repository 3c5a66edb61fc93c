"""The decision as text: a memo on which models to use where, and an entry for a changelog."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

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
        f"## Does {_plain(decision.subject.baseline)} pay?\n\n"
        f"{_plain(decision.subject.tradeoff.sentence)}",
        f"## Did the blind hold?\n\n{_plain(decision.blind.sentence)}",
        "## Controls\n\n" + "\n".join(f"- {_plain(one)}" for one in decision.controls.sentences),
        _deviations(decision),
        f"## What it rests on\n\n{_grid(decision.rests_on)}",
        "## How to read this\n\n"
        "A verdict follows from a rule and from margins that a plan fixes beforehand. *Adopt*"
        " means that the simpler way is proved good enough and saves something; *keep*, that it is"
        " proved worse; all else is open, and below five SPECs everything is. A difference that is"
        " not proved is never taken for none.",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def changelog_entry(decision: Decision) -> str:
    """Return an entry for a changelog, with the rationale of each change."""
    by_verdict = decision.by_verdict
    adopted = _reasons(by_verdict[ADOPT]) or ["- No model, stage or guardrail changes."]
    kept = _reasons(by_verdict[KEEP])
    undecided = wording.count(len(by_verdict[OPEN]), "decision")
    lines = ["### Changed", "", *adopted, *(["", "### Kept", "", *kept] if kept else [])]
    return "\n".join([*lines, "", f"{undecided} open for want of evidence."]) + "\n"


def _reasons(recommendations: Iterable[Recommendation]) -> list[str]:
    return [
        f"- {_capitalised(one.title)}: {_plain(one.numbers)} ({_plain(one.rule)})."
        for one in recommendations
    ]


def _capitalised(text: str) -> str:
    plain = _plain(text)
    # A name stays as it is written.
    first = plain.split(" ", 1)[0]
    return plain[:1].upper() + plain[1:] if first.isalpha() and first.islower() else plain


def _section(verdict: str, decision: Decision, reports: Mapping[str, str]) -> str:
    fixed = "Fixed beforehand" if decision.plan.name else "Margin"
    items = [_item(one, fixed, reports) for one in decision.by_verdict[verdict]]
    return "\n".join([f"## {_HEADINGS[verdict]}\n", *(items or ["Nothing."])])


def _item(one: Recommendation, fixed: str, reports: Mapping[str, str]) -> str:
    link = reports.get(one.report)
    report = f"[{one.report}]({link})" if link else f"report `{one.report}`"
    numbers = f" {_plain(one.numbers)}." if one.numbers else ""
    return (
        f"- **{_capitalised(one.title)}**:{numbers} Rule: {_plain(one.rule)}. {fixed}:"
        f" {one.margin}. What would change it: {_plain(one.change)} See {report}."
    )


def _deviations(decision: Decision) -> str:
    if not decision.plan.name:
        return ""  # the memo says so at its head
    kept = _plain(deviations_sentence(decision.plan, decision.deviations))
    table = "" if decision.deviations.empty else f"\n\n{_grid(decision.deviations)}"
    return f"## Was the plan kept to?\n\n{kept}{table}"


def _success(decision: Decision) -> str:
    success = decision.success
    shares = success[["value", "low", "high"]].map(wording.percent)
    measured = _with_interval(shares["value"], shares["low"], shares["high"])
    units = success["unit"].map(wording.plural)
    table = success[["metric", "target"]].assign(
        measured=measured.mask(success["value"].isna(), wording.MISSING),
        **{"from": success["n"].astype("string") + " " + units},
        state=success["state"],
    )
    return f"## Success metrics\n\n{_grid(table)}\n\n{_plain(decision.latency_sentence)}"


def _projection(decision: Decision) -> str:
    known = decision.projection.dropna(subset="baseline_usd")
    if known.empty:
        return "## Cost of a SPEC\n\nNo SPEC has a known cost of every usual stage."
    usd = known.filter(like="_usd").map(wording.usd)
    table = known[["complexity"]].assign(
        **{
            "SPECs": known["specs"].astype("string"),
            f"with {decision.subject.baseline}": usd["baseline_usd"],
            f"with {decision.subject.candidate}": _with_interval(
                usd["candidate_usd"], usd["candidate_low_usd"], usd["candidate_high_usd"]
            ),
        }
    )
    return (
        f"## Cost of a SPEC\n\n{_grid(table)}\n\nThe ratio of costs that the experiment found, and"
        " its interval in brackets, is taken to hold for every class."
    )


def _with_interval(value: pd.Series, low: pd.Series, high: pd.Series) -> pd.Series:
    return value + " (" + low + " to " + high + ")"


def _grid(table: pd.DataFrame) -> str:
    rows = table.itertuples(index=False, name=None)
    lines: list[Iterable[object]] = [table.columns, ["---"] * table.shape[1], *rows]
    return "\n".join(f"| {' | '.join(map(_plain, line))} |" for line in lines)


def _plain(text: object) -> str:
    """Return text out of evidence or plans as it may stand in Markdown."""
    line = " ".join(str(text).split())
    for mark in ("\\", "`", "*", "<", "[", "|"):
        line = line.replace(mark, f"\\{mark}")
    return line
