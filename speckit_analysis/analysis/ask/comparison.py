"""Two SPECs, models, agents or periods side by side: difference and ratio with intervals."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
from scipy import special  # type: ignore[import-untyped]

from speckit_analysis.analysis import wording
from speckit_analysis.analysis.ask.comparison_result import Comparison, Estimand
from speckit_analysis.analysis.ask.telemetry import moment
from speckit_analysis.analysis.cost.premium import with_tokens
from speckit_analysis.analysis.evidence.linkage import Levels, adjusted_levels
from speckit_analysis.analysis.review.scores import quality_scores
from speckit_analysis.analysis.selection import Selection, everything, in_part
from speckit_analysis.analysis.wording import suggestion
from speckit_analysis.errors import EvidenceError
from speckit_analysis.stats.estimate import Estimate, not_estimable
from speckit_analysis.stats.paired import ROUNDING, exponential, paired_t

METRICS = ("cost", "latency", "tokens", "quality")

#: What can be compared, and the column that names it.
SUBJECTS = {"spec": "spec_id", "model": "model_id", "agent": "agent", "period": "timestamp"}

#: Kinds whose names stand in the evidence, and what they are called.
_NOUNS = {"spec": "SPEC", "model": "model", "agent": "agent"}

_PERIOD = re.compile(r"\d{4}(-\d\d(-\d\d)?)?(\.\.\d{4}(-\d\d(-\d\d)?)?)?")

#: Fewer units than this, and no interval is worth its name.
LEAST_UNITS = 3

#: A ratio or a difference that there is none of.
_NONE = not_estimable(0, "there is none", method="none", level=np.nan)

#: What A and B are, their names, and their spans of time where they are periods.
_Sides = tuple[str, str, str, tuple[tuple[pd.Timestamp, pd.Timestamp], ...] | None]

_COLUMNS = {"cost": "cost_usd", "latency": "latency_ms", "tokens": "tokens"}


def kind_of(calls: pd.DataFrame, first: str, second: str) -> str:
    """Return what two names are: ``spec``, ``model``, ``agent`` or ``period``.

    Raises
    ------
    EvidenceError
        If they are not of one kind, with the kind of each, or if one is nothing, with what there
        is.
    """
    of = [_kinds(calls, name) for name in (first, second)]
    for kind in of[0]:
        if kind in of[1]:
            return kind
    if all(of):
        raise EvidenceError(
            f"{first} is {_told(of[0])} and {second} {_told(of[1])}: name two of one kind"
        )
    unknown = first if not of[0] else second
    every = [name for kind in _NOUNS for name in _known(calls, SUBJECTS[kind])]
    raise EvidenceError(
        f"no SPEC, model or agent {unknown!r} in this evidence, and no period such as 2025-10;"
        f" {suggestion(unknown, every)}"
    )


def _kinds(calls: pd.DataFrame, name: str) -> list[str]:
    """Return the kinds of which `name` may be."""
    kinds = [kind for kind in _NOUNS if name in _known(calls, SUBJECTS[kind])]
    return [*kinds, "period"] if _PERIOD.fullmatch(name) else kinds


def _told(kinds: list[str]) -> str:
    nouns = [_NOUNS.get(kind, kind) for kind in kinds]
    return wording.listed(f"an {noun}" if noun == "agent" else f"a {noun}" for noun in nouns)


def _known(frame: pd.DataFrame, column: str) -> list[str]:
    return sorted(frame[column].dropna().astype(str).unique())


def compare(
    calls: pd.DataFrame,
    runs: pd.DataFrame,
    reviews: pd.DataFrame,
    first: str,
    second: str,
    *,
    metric: str = "cost",
    by: str = "spec",
    confidence: float = 0.95,
) -> Comparison:
    """Compare two SPECs, models, agents or periods.

    Parameters
    ----------
    calls, runs, reviews : DataFrame
        The tables of these names, rows that count.
    first, second : str
        A and B: names, or periods such as ``2025-10`` and ``2025-10-06..2025-10-19``.
    metric : str
        ``cost`` (USD), ``latency`` (ms), ``tokens`` or ``quality`` (points).
    by : str
        A key of :data:`SUBJECTS`.
    confidence : float
        Level of the intervals.

    Raises
    ------
    EvidenceError
        If metric, subject or name do not exist; the message lists what does.

    Notes
    -----
    *Two SPECs* are paired by the stages that both went through, each by the geometric mean of
    its runs: it speaks of these two SPECs only.  *Two models or agents* are paired by SPEC,
    each by the mean over the stages that both worked on.  *Two periods* hold different SPECs,
    so their SPECs are two samples; of each run what its stage takes is taken off first, and a
    SPEC that reaches into both is left out; where few stages link the two periods, the interval
    is wider by what that leaves open (:mod:`.linkage`).  Ratios are
    Student's t on logarithms, paired or Welch's; differences the same on the figures themselves.
    Of the latency of runs there are two estimands: the longest call, and the sum of the calls.
    """
    if metric not in METRICS:
        raise EvidenceError(f"no metric {metric!r} to compare; there are: {', '.join(METRICS)}")
    if by not in SUBJECTS:
        raise EvidenceError(f"cannot compare by {by!r}; there are: {', '.join(SUBJECTS)}")
    if first == second:
        raise EvidenceError(f"{first!r} against itself: name two different ones")
    if by == "period":
        periods = (_period(first), _period(second))
        _check_apart(first, second, periods)
    else:
        for name in (first, second):
            known = _known(calls, SUBJECTS[by])
            if name not in known:
                raise EvidenceError(
                    f"no {_NOUNS[by]} {name!r} in this evidence; {suggestion(name, known)}"
                )
        periods = None
    sides = (by, first, second, periods)
    if metric == "quality":
        scores = _scores(runs, reviews, sides)
        figures = [("Quality", scores.kept)]
        left_out = [scores.sentence] if len(scores.left_out) else []
    else:
        figures, left_out = _figures(calls, metric, by), []
    estimands, dropped = [], 0
    for name, rows in figures:
        rows = _marked(rows, *sides)
        usable = rows["value"].notna()
        if metric != "quality":
            usable &= rows["value"] > 0
        # All estimands are of the same runs, or calls: a figure that is missing is so in each.
        dropped = max(dropped, int((~usable).sum()))
        rows = rows[usable.astype(bool)]
        estimands.append(_estimand(name, rows, by, metric, confidence))
    unit = "stage" if by == "spec" else "SPEC"
    if dropped:
        left_out.append(f"Left out: {wording.count(dropped, 'figure')} missing or 0.")
    return Comparison(metric, first, second, unit, tuple(estimands), confidence, " ".join(left_out))


def _period(text: str) -> tuple[pd.Timestamp, pd.Timestamp]:
    start, _, end = text.partition("..")
    first, last = moment(start, "period"), moment(end or start, "period", end=True)
    if first > last:
        raise EvidenceError(f"the period {text} ends before it begins: write {end}..{start}")
    return first, last


def _check_apart(
    first: str, second: str, periods: tuple[tuple[pd.Timestamp, pd.Timestamp], ...]
) -> None:
    (start_a, end_a), (start_b, end_b) = periods
    if start_a <= end_b and start_b <= end_a:
        raise EvidenceError(f"the periods {first} and {second} overlap: name two that do not")


def _scores(runs: pd.DataFrame, reviews: pd.DataFrame, sides: _Sides) -> Selection:
    """Return the scores of A and B alone, so that what is left out is told of them."""
    if sides[0] in ("model", "agent"):
        raise EvidenceError(
            "quality is of a SPEC's stage and not of one model's call: compare SPECs or periods"
        )
    reviewed = everything(_marked(reviews, *sides), noun="score")
    return quality_scores(reviewed, everything(_marked(runs, *sides), noun="run"))


def _figures(calls: pd.DataFrame, metric: str, by: str) -> list[tuple[str, pd.DataFrame]]:
    """Return what is compared, each with its rows: a column ``value`` and what they belong to."""
    calls = with_tokens(calls)
    column = _COLUMNS[metric]
    if by in ("model", "agent"):
        return [(f"{metric.capitalize()} of a call", calls.assign(value=calls[column]))]
    grouped = calls.assign(known=calls[column].notna() & ~in_part(calls)).groupby("run_id")
    about = grouped[["spec_id", "stage", "timestamp"]].first()
    whole = grouped["known"].all()
    ways = (
        {"sum": "sum of its calls"}
        if metric != "latency"
        else {"max": "longest call", "sum": "sum of its calls"}
    )
    return [
        (
            f"{metric.capitalize()} of a run" + (f", {words}" if metric == "latency" else ""),
            about.assign(value=grouped[column].agg(how).where(whole)),
        )
        for how, words in ways.items()
    ]


def _marked(
    rows: pd.DataFrame,
    by: str,
    first: str,
    second: str,
    periods: tuple[tuple[pd.Timestamp, pd.Timestamp], ...] | None,
) -> pd.DataFrame:
    """Return the rows of A and B, with ``side`` 0 or 1, a unit and a stratum."""
    if periods is None:
        names = rows[SUBJECTS[by]].astype("string")
        side = names.map({first: 0, second: 1})
    else:
        side = pd.Series(pd.NA, rows.index, dtype="Int64")
        for number, (start, end) in enumerate(periods):
            side = side.mask(rows["timestamp"].between(start, end).fillna(False), number)
    marked = rows.assign(
        side=side.astype("Int64"),
        spec=rows["spec_id"].astype("string"),
        stratum=rows["stage"].astype("string").fillna("no stage"),
    )
    return marked[marked["side"].notna()]


def _estimand(name: str, rows: pd.DataFrame, by: str, metric: str, confidence: float) -> Estimand:
    if rows.empty and metric == "quality":
        why = "no review, and no run, has a score of either of them that counts"
        return Estimand(name, np.nan, np.nan, _NONE, _NONE, 0, 0, "none", why)
    figures = rows.assign(value=rows["value"].astype(float))
    if by == "period":
        return _two_samples(name, figures, metric, confidence)
    return _pairs(name, figures, by, metric, confidence)


def _cells(rows: pd.DataFrame, keys: list[str], *, logs: bool) -> pd.Series:
    values = np.log(rows["value"]) if logs else rows["value"]
    return values.groupby([rows[key] for key in keys]).mean()


def _pairs(name: str, rows: pd.DataFrame, by: str, metric: str, confidence: float) -> Estimand:
    """Compare over units that both have: stages of two SPECs, or SPECs of two models."""
    unit = "stratum" if by == "spec" else "spec"
    keys = ["stratum"] if by == "spec" else ["spec", "stratum"]
    noun = "stage" if by == "spec" else "SPEC"
    tables = {
        logs: _cells(rows, [*keys, "side"], logs=logs)
        .unstack("side")
        .reindex(columns=[0, 1])
        .dropna()
        .groupby(unit)
        .mean()
        for logs in (False, metric != "quality")
    }
    plain = tables[False]
    n = len(plain)
    values = plain.mean() if metric == "quality" else np.exp(tables[True].mean())
    gaps = (plain[0] - plain[1]).to_numpy()
    method = f"paired t over {noun}s" + ("" if metric == "quality" else ", ratios on logarithms")
    refusal = _too_few(n, noun, "that both have")
    if not refusal and _flat(gaps):
        refusal = f"all {n} differences are equal, which no interval can say"
    ratio = _NONE
    if not refusal and metric != "quality":
        logs = (tables[True][0] - tables[True][1]).to_numpy()
        if _flat(logs):
            every = wording.ratio(np.exp(logs.mean()))
            refusal = f"all {n} ratios are equal ({every}), which no interval can say"
        else:
            ratio = exponential(paired_t(logs, confidence))
    if refusal:
        return Estimand(
            name, float(values[0]), float(values[1]), _NONE, _NONE, n, n, method, refusal
        )
    difference = paired_t(gaps, confidence)
    return Estimand(name, float(values[0]), float(values[1]), ratio, difference, n, n, method)


def _two_samples(name: str, rows: pd.DataFrame, metric: str, confidence: float) -> Estimand:
    """Compare the SPECs of two periods."""
    sides = rows.groupby("spec")["side"].nunique()
    rows = rows[rows["spec"].map(sides) == 1]
    logs = metric != "quality"
    rows = rows.assign(value=np.log(rows["value"])) if logs else rows
    # What a stage takes is no difference between periods: SPECs have gone through other stages.
    levels = adjusted_levels(rows["spec"], rows["stratum"], rows["value"])
    side = rows.groupby("spec")["side"].first().reindex(levels.values.index).to_numpy()
    a, b = (levels.values.to_numpy()[side == number] for number in (0, 1))
    method = "Welch's t over SPECs" + (", on logarithms" if logs else "")
    method += f"; {levels.remark}" if levels.remark else ""
    fewest = min(len(a), len(b))
    shown_a, shown_b = (_shown_mean(figures, logs=logs) for figures in (a, b))
    refusal = _too_few(fewest, "SPEC", "in one of the periods and not in both")
    if not refusal and _flat(a) and _flat(b):
        refusal = "there is no spread within either period"
    if refusal:
        return Estimand(name, shown_a, shown_b, _NONE, _NONE, len(a), len(b), method, refusal)
    found = _difference(levels, side, confidence)
    if not logs:
        return Estimand(name, shown_a, shown_b, _NONE, found, len(a), len(b), method)
    gap = _difference(levels.exponential(), side, confidence)
    return Estimand(name, shown_a, shown_b, exponential(found), gap, len(a), len(b), method)


def _shown_mean(figures: np.ndarray, *, logs: bool) -> float:
    if not len(figures):
        return float("nan")
    return float(np.exp(figures.mean()) if logs else figures.mean())


def _difference(levels: Levels, side: np.ndarray, confidence: float) -> Estimate:
    """Return the difference of the means of two samples of SPECs, as in Welch's t test."""
    samples = [side == number for number in (0, 1)]
    sizes = [int(sample.sum()) for sample in samples]
    weights = samples[0] / sizes[0] - samples[1] / sizes[1]
    makers = [
        np.diag(sample.astype(float)) - np.outer(sample, sample) / size
        for sample, size in zip(samples, sizes, strict=True)
    ]
    variance, freedom = levels.spread(
        weights, [(maker, 1 / size) for maker, size in zip(makers, sizes, strict=True)]
    )
    centre = float(weights @ levels.values.to_numpy())
    reach = float(-special.stdtrit(freedom, (1 - confidence) / 2) * np.sqrt(variance))
    return Estimate(centre, centre - reach, centre + reach, confidence, "Welch's t", len(side))


def _too_few(n: int, noun: str, which: str) -> str:
    if n >= LEAST_UNITS:
        return ""
    return f"{wording.count(n, noun)} {which}, and it takes {LEAST_UNITS}"


def _flat(figures: np.ndarray) -> bool:
    return bool(np.ptp(figures) <= ROUNDING * max(1.0, float(np.abs(figures).max())))
