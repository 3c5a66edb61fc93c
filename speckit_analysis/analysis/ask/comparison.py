"""Two SPECs, models, agents or periods side by side: difference and ratio with intervals."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import special  # type: ignore[import-untyped]

from speckit_analysis.analysis import wording
from speckit_analysis.analysis.ask.telemetry import moment
from speckit_analysis.analysis.cost.premium import with_tokens
from speckit_analysis.analysis.evidence.linkage import Levels, adjusted_levels
from speckit_analysis.analysis.review.scores import quality_scores, scored_by_all
from speckit_analysis.analysis.selection import Selection, everything, in_part
from speckit_analysis.analysis.wording import suggestion
from speckit_analysis.errors import EvidenceError
from speckit_analysis.stats.estimate import Estimate, not_estimable
from speckit_analysis.stats.paired import ROUNDING, exponential, paired_t
from speckit_analysis.tables.results import RESULTS

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

_COLUMNS = {"cost": "cost_usd", "latency": "latency_ms", "tokens": "tokens"}

_VERBS = {"cost": "costs", "latency": "takes", "tokens": "uses", "quality": "scores"}
_SHOWN: dict[str, Callable[[object], str]] = {
    "cost": wording.usd,
    "latency": wording.seconds,
    "tokens": lambda tokens: wording.count(tokens, "token"),
    "quality": lambda score: f"{float(score):.2f}",  # type: ignore[arg-type]
}


@dataclass(frozen=True)
class Estimand:
    """One way to compare A and B."""

    #: What is compared: ``cost of a run``, ``latency of a run, longest call`` …
    name: str
    #: Geometric means over the units, or means of scores.
    value_a: float
    value_b: float
    #: Units of each; the same number where they are paired.
    n_a: int
    n_b: int
    #: How the intervals were made, and what they assume.
    method: str
    #: A less B in the metric's unit; it has the refusal of both where there is no interval.
    difference: Estimate
    #: A over B; not estimable for scores.
    ratio: Estimate = _NONE

    @property
    def verdict(self) -> str:
        """``higher``, ``lower``, ``inconclusive`` or ``not estimable``: A against B."""
        if self.difference.refusal:
            return "not estimable"
        gap, equal = (self.difference, 0.0) if np.isnan(self.ratio.low) else (self.ratio, 1.0)
        if gap.low > equal:
            return "higher"
        return "lower" if gap.high < equal else "inconclusive"


@dataclass(frozen=True)
class Comparison:
    """What can be said of A against B."""

    #: One of :data:`METRICS`.
    metric: str
    #: A and B.
    first: str
    second: str
    #: What is taken as independent: ``stage`` or ``SPEC``.
    unit: str
    #: One, or two for the latency of runs.
    estimands: tuple[Estimand, ...]
    #: Level of the intervals.
    confidence: float
    #: What could not be used, in words.
    left_out: str = ""

    @property
    def verdict(self) -> str:
        """The verdict of all estimands; inconclusive where they differ."""
        verdicts = {estimand.verdict for estimand in self.estimands}
        return verdicts.pop() if len(verdicts) == 1 else "inconclusive"

    @property
    def sentence(self) -> str:
        """What was found, in words."""
        sentences = " ".join(self._in_words(estimand) for estimand in self.estimands)
        differ = len({estimand.verdict for estimand in self.estimands}) > 1
        apart = " The two disagree, so neither is called faster." if differ else ""
        return f"{sentences}{apart} {self.left_out}".strip()

    def _in_words(self, estimand: Estimand) -> str:
        if estimand.difference.refusal:
            return f"{estimand.name}: not estimable: {estimand.difference.refusal}."
        show = _SHOWN[self.metric]
        write: Callable[[object], str] = wording.ratio
        gap, against = estimand.ratio, "times as much as"
        if self.metric == "quality":
            write, gap, against = "{:+.2f}".format, estimand.difference, "points against"
        counts = (
            wording.count(estimand.n_a, self.unit)
            if estimand.n_a == estimand.n_b
            else f"{estimand.n_a} and {wording.count(estimand.n_b, self.unit)}"
        )
        undecided = estimand.verdict == "inconclusive"
        return (
            f"{estimand.name}: {self.first} {_VERBS[self.metric]} {write(gap.value)} {against}"
            f" {self.second}"
            f" ({wording.exact_percent(self.confidence)} interval {write(gap.low)} to"
            f" {write(gap.high)}; {show(estimand.value_a)} against {show(estimand.value_b)};"
            f" {counts}; {estimand.method})."
            f"{' Which is higher cannot be told.' if undecided else ''}"
        )

    def table(self) -> pd.DataFrame:
        """Return one row per estimand: the result ``comparison``."""
        rows = [
            (
                *(one.name, self.first, self.second, one.value_a, one.value_b),
                *(one.ratio.value, one.ratio.low, one.ratio.high),
                *(one.difference.value, one.difference.low, one.difference.high),
                *(one.n_a, one.n_b, self.unit, one.verdict, one.method),
                one.difference.refusal or None,
            )
            for one in self.estimands
        ]
        return RESULTS["comparison"].of(rows)


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
            f"{first} is {_in_words(of[0])} and {second} {_in_words(of[1])}: name two of one kind"
        )
    unknown = first if not of[0] else second
    every = [name for kind in _NOUNS for name in _names(calls, kind)]
    raise EvidenceError(
        f"no SPEC, model or agent {unknown!r} in this evidence, and no period such as 2025-10;"
        f" {suggestion(unknown, every)}"
    )


def _kinds(calls: pd.DataFrame, name: str) -> list[str]:
    """Return the kinds of which `name` may be."""
    kinds = [kind for kind in _NOUNS if name in _names(calls, kind)]
    return [*kinds, "period"] if _PERIOD.fullmatch(name) else kinds


def _in_words(kinds: list[str]) -> str:
    nouns = [_NOUNS.get(kind, kind) for kind in kinds]
    return wording.listed(f"an {noun}" if noun == "agent" else f"a {noun}" for noun in nouns)


def _names(calls: pd.DataFrame, kind: str) -> list[str]:
    return sorted(calls[SUBJECTS[kind]].dropna().astype(str).unique())


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
    for name in (first, second):
        if by != "period" and name not in (names := _names(calls, by)):
            raise EvidenceError(
                f"no {_NOUNS[by]} {name!r} in this evidence; {suggestion(name, names)}"
            )
    sides = (by, first, second)
    if metric == "quality":
        scores = _scores(runs, reviews, *sides)
        figures = [("Quality", scores.kept)]
        left_out = [scores.sentence] if len(scores.left_out) else []
    else:
        figures, left_out = _figures(calls, metric, by), []
    estimands, dropped = [], 0
    for name, rows in figures:
        if metric != "quality":
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


def _periods(first: str, second: str) -> tuple[tuple[pd.Timestamp, pd.Timestamp], ...]:
    (start_a, end_a), (start_b, end_b) = periods = _period(first), _period(second)
    if start_a <= end_b and start_b <= end_a:
        raise EvidenceError(f"the periods {first} and {second} overlap: name two that do not")
    return periods


def _scores(runs: pd.DataFrame, reviews: pd.DataFrame, by: str, a: str, b: str) -> Selection:
    """Return the scores of A and B alone, so that what is left out is told of them."""
    if by in ("model", "agent"):
        raise EvidenceError(
            "quality is of a SPEC's stage and not of one model's call: compare SPECs or periods"
        )
    reviewed = everything(_marked(reviews, by, a, b), noun="score")
    scores = quality_scores(reviewed, everything(_marked(runs, by, a, b), noun="run"))
    if not reviewed.total:
        return scores
    if by == "period":
        # What a criterion takes is no difference between periods that lack some.
        rows = scores.kept
        return scores.assign(stratum=rows["stratum"] + " " + rows["criterion"].astype("string"))
    common = scored_by_all(scores.kept, ["stratum"], "side").index
    reasons = pd.Series("on a criterion that only one has", scores.kept.index, dtype="string")
    return scores.without(reasons.mask(reasons.index.isin(common)))


def _figures(calls: pd.DataFrame, metric: str, by: str) -> list[tuple[str, pd.DataFrame]]:
    """Return what is compared, each with its rows: a column ``value`` and what they belong to."""
    calls = with_tokens(calls)
    column = _COLUMNS[metric]
    if by in ("model", "agent"):
        return [(f"{metric.capitalize()} of a call", calls.assign(value=calls[column]))]
    grouped = calls.assign(counts=calls[column].notna() & ~in_part(calls)).groupby("run_id")
    about = grouped[["spec_id", "stage", "timestamp"]].first()
    whole = grouped["counts"].all()
    ways = {"": "sum"}
    if metric == "latency":
        ways = {", longest call": "max", ", sum of its calls": "sum"}
    return [
        (
            f"{metric.capitalize()} of a run{words}",
            about.assign(value=grouped[column].agg(how).where(whole)),
        )
        for words, how in ways.items()
    ]


def _marked(rows: pd.DataFrame, by: str, a: str, b: str) -> pd.DataFrame:
    """Return the rows of A and B, with ``side`` 0 or 1, a unit and a stratum."""
    if by == "period":
        side = pd.Series(pd.NA, rows.index, dtype="Int64")
        for number, (start, end) in enumerate(_periods(a, b)):
            side = side.mask(rows["timestamp"].between(start, end).fillna(False), number)
    else:
        side = rows[SUBJECTS[by]].astype("string").map({a: 0, b: 1}).astype("Int64")
    marked = rows.assign(
        side=side,
        spec=rows["spec_id"].astype("string"),
        stratum=rows["stage"].astype("string").fillna("no stage"),
    )
    return marked[side.notna()]


def _estimand(name: str, rows: pd.DataFrame, by: str, metric: str, confidence: float) -> Estimand:
    if rows.empty and metric == "quality":
        why = "no review, and no run, has a score of either of them that counts"
        none = not_estimable(0, why, method="none", level=confidence)
        return Estimand(name, np.nan, np.nan, 0, 0, "none", none)
    figures = rows.assign(value=rows["value"].astype(float))
    if by == "period":
        return _two_samples(name, figures, metric, confidence)
    return _pairs(name, figures, by, metric, confidence)


def _cells(rows: pd.DataFrame, keys: list[str], *, logs: bool) -> pd.Series:
    values = np.log(rows["value"]) if logs else rows["value"]
    return values.groupby([rows[key] for key in keys]).mean()


def _pairs(name: str, rows: pd.DataFrame, by: str, metric: str, confidence: float) -> Estimand:
    """Compare over units that both have: stages of two SPECs, or SPECs of two models."""
    keys, noun = (["stratum"], "stage") if by == "spec" else (["spec", "stratum"], "SPEC")
    tables = {
        logs: _cells(rows, [*keys, "side"], logs=logs)
        .unstack("side")
        .reindex(columns=[0, 1])
        .dropna()
        .groupby(keys[0])
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
    difference = (
        not_estimable(n, refusal, method=method, level=confidence)
        if refusal
        else paired_t(gaps, confidence)
    )
    return Estimand(name, float(values[0]), float(values[1]), n, n, method, difference, ratio)


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
    refusal = _too_few(min(len(a), len(b)), "SPEC", "in one of the periods and not in both")
    if not refusal and _flat(a) and _flat(b):
        refusal = "there is no spread within either period"
    if refusal:
        ratio, gap = _NONE, not_estimable(len(side), refusal, method=method, level=confidence)
    elif logs:
        ratio = exponential(_difference(levels, side, confidence))
        gap = _difference(levels.exponential(), side, confidence)
    else:
        ratio, gap = _NONE, _difference(levels, side, confidence)
    shown_a, shown_b = (_shown_mean(figures, logs=logs) for figures in (a, b))
    return Estimand(name, shown_a, shown_b, len(a), len(b), method, gap, ratio)


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
    few = f"{wording.count(n, noun)} {which}, and it takes {LEAST_UNITS}"
    return few if n < LEAST_UNITS else ""


def _flat(figures: np.ndarray) -> bool:
    return bool(np.ptp(figures) <= ROUNDING * max(1.0, float(np.abs(figures).max())))
