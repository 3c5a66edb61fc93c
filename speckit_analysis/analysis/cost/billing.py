"""Computed spending against a provider's bill: by day and model, over time, and to come."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy import special  # type: ignore[import-untyped]

from speckit_analysis.analysis import margins, wording
from speckit_analysis.analysis.cost.projection import predicted
from speckit_analysis.analysis.summaries import key_column
from speckit_analysis.errors import EvidenceError
from speckit_analysis.prices.invoices import Invoice
from speckit_analysis.stats.estimate import Estimate, not_estimable
from speckit_analysis.stats.paired import ROUNDING, exponential, paired_t
from speckit_analysis.tables.results import RESULTS

#: Fewer windows than this, and nothing is said of those to come.
LEAST_WINDOWS = 3

#: Windows, the longest first: the first with enough of them is taken.
_WINDOWS = ("month", "week", "day")

_SUMMED = [
    *("billed_usd", "tracked_usd", "billed_tokens", "tracked_tokens"),
    *("calls", "calls_without_cost"),
]


@dataclass(frozen=True)
class Outlook:
    """What windows to come may bring, if they are like those that are closed."""

    #: Typical tracked over billed; the p-value is of its being off by the tolerance or more.
    ratio: Estimate
    #: Tracked over billed of the next window, with a prediction interval.
    next_ratio: Estimate

    @property
    def sentence(self) -> str:
        """The outlook in words."""
        ratio, unit = self.ratio, self.ratio.unit
        if ratio.p_value is None:
            return f"Of {wording.plural(unit)} to come nothing can be said: {ratio.refusal}."
        low, high = wording.ratio(ratio.low), wording.ratio(ratio.high)
        return (
            f"Typical tracked over billed {wording.ratio(ratio.value)}"
            f" ({wording.exact_percent(ratio.level)} interval {low} to {high},"
            f" {wording.count(ratio.n, unit)}, t on logarithms;"
            f" {wording.p_value(ratio.p_value)} against its being off by the tolerance); the next"
            f" {unit} may lie between {wording.ratio(self.next_ratio.low)} and"
            f" {wording.ratio(self.next_ratio.high)}."
        )


def outlook(
    ratios: np.ndarray, unit: str, tolerance: float = 0.15, confidence: float = 0.95
) -> Outlook:
    """Judge windows to come by the ratios of those that are closed.

    Parameters
    ----------
    ratios : ndarray of float
        Tracked over billed, above 0, one per window.
    unit : str
        What a window is.
    tolerance : float
        Share by which the typical ratio may be off.
    confidence : float
        Level of the intervals.

    Notes
    -----
    Logarithms are taken as independent and normal.  The typical ratio has Student's interval, and
    two one-sided tests against 1 - tolerance and 1 + tolerance (Schuirmann 1987), of which the
    larger p-value counts; the next window has the interval with the factor sqrt(1 + 1 / n).
    """
    logs, n = np.log(ratios), len(ratios)
    refusal = ""
    if n < LEAST_WINDOWS:
        counted = wording.count(n, unit)
        refusal = f"{counted} with spending on both sides, and it takes {LEAST_WINDOWS}"
    elif np.ptp(logs) <= ROUNDING:
        refusal = "every ratio is the same, which tells no spread"
    if refusal:
        refused = not_estimable(n, refusal, method="paired t", level=confidence, unit=unit)
        return Outlook(refused, refused)
    typical = paired_t(logs, confidence, unit)
    # A ratio is above 0, and so never too low by a tolerance of all of it.
    least = np.log(1 - tolerance) if tolerance < 1 else -np.inf
    gaps = np.array([least - typical.value, typical.value - np.log(1 + tolerance)])
    p_value = special.stdtr(n - 1, gaps / typical.standard_error).max()
    ratio = replace(exponential(typical), p_value=float(p_value))
    return Outlook(ratio, predicted(logs, confidence, unit))


@dataclass(frozen=True)
class Reconciliation:
    """Tracked spending beside billed spending, over the days that both cover."""

    #: The result ``bill_lines``.
    lines: pd.DataFrame
    #: `model_id`, and the columns of the result ``bill_sums``.
    by_model: pd.DataFrame
    #: The result ``bill_months``.
    by_month: pd.DataFrame
    #: First and last day of the window.
    first: pd.Timestamp
    last: pd.Timestamp
    tolerance: float
    future: Outlook
    #: Shares of the money billed, and of that tracked on the bill's days, that have a partner.
    billed_share: float
    tracked_share: float
    #: What the window or the bill does not cover, or covers twice, in words.
    left_out: tuple[str, ...]

    @property
    def billed_usd(self) -> float:
        """Sum of what was billed."""
        return float(self.lines["billed_usd"].sum())

    @property
    def tracked_usd(self) -> float:
        """Sum of what was tracked."""
        return float(self.lines["tracked_usd"].sum())

    @property
    def error(self) -> float:
        """Tracked less billed, over billed; NaN where credits or free use left nothing to pay."""
        if round(self.billed_usd, 6) <= 0:  # charges less credits may miss 0 by a rounding error
            return float("nan")
        return self.tracked_usd / self.billed_usd - 1

    @property
    def share(self) -> float:
        """Share of the money that was compared: the less of the two sides."""
        return min(self.billed_share, self.tracked_share)

    @property
    def without_cost(self) -> bool:
        """Whether there are calls on these days and the cost of none is known."""
        calls, unknown = self.lines["calls"].sum(), self.lines["calls_without_cost"].sum()
        return bool(calls and unknown == calls)

    @property
    def within(self) -> bool:
        """Whether the error of the window is within the tolerance; it is no estimate."""
        return abs(self.error) <= self.tolerance

    @property
    def can_tell(self) -> bool:
        """Whether the window passes or fails: within the tolerance, enough was compared."""
        enough = not self.within or self.share >= margins.COMPARED
        return enough and not self.without_cost

    @property
    def passed(self) -> bool:
        """Whether enough was compared, and the error of the window is within the tolerance."""
        return self.within and self.can_tell

    @property
    def unmatched(self) -> pd.DataFrame:
        """The lines that only one side has."""
        return self.lines[self.lines["where"] != "both"].reset_index(drop=True)

    @property
    def sentence(self) -> str:
        """The verdict in words, with its figures."""
        span = f"{wording.day(self.first)} to {wording.day(self.last)}"
        if self.without_cost:
            told = (
                "Cannot tell: no call of these days has a known cost, against"
                f" {wording.usd(self.billed_usd)} billed, {span}."
            )
            return " ".join([told, *self.left_out])
        allowed = f"(±{wording.exact_percent(self.tolerance)} allowed)"
        error = f"{100 * self.error:+.1f} % {allowed}"
        if np.isnan(self.error):
            error = "of which no share can be told"
        verdict = "Passes" if self.passed else "Fails" if self.can_tell else "Cannot tell"
        closed = (
            f"{verdict}: {wording.usd(self.tracked_usd)} tracked"
            f" against {wording.usd(self.billed_usd)} billed, {error}, {span}."
        )
        parts = [
            closed,
            self._compared,
            self._alone,
            self._drifted,
            self.future.sentence,
            *self.left_out,
        ]
        return " ".join(part for part in parts if part)

    @property
    def _compared(self) -> str:
        """What share of the money was compared, if not all of it."""
        if self.share > 0.9999:
            return ""
        needed = "" if self.can_tell else f" ({wording.exact_percent(margins.COMPARED)} needed)"
        return (
            f"Compared: {_at_least(self.billed_share)} of the billed and"
            f" {_at_least(self.tracked_share)} of the tracked money{needed}."
        )

    @property
    def _alone(self) -> str:
        alone = self.unmatched["where"].value_counts().sort_index()
        parts = [f"{wording.count(n, 'line')} {where}" for where, n in alone.items()]
        return f"Without a partner: {wording.listed(parts)}." if parts else ""

    @property
    def _drifted(self) -> str:
        months = self.by_month[self.by_month["drifted"]]
        if months.empty:
            return ""
        worst = months.iloc[int(months["drift"].abs().argmax())]
        return (
            f"The ratio has drifted: {100 * worst['drift']:+.0f} % in {worst['month']:%B %Y}"
            " against the first month."
        )


def _at_least(share: float) -> str:
    """Return a share as a percentage that is not rounded up, so that it never reaches a limit."""
    return f"{np.floor(1000 * share + 1e-9) / 10:g} %"


def reconcile(
    calls: pd.DataFrame,
    invoice: Invoice,
    *,
    tolerance: float = 0.15,
    drift: float = 0.10,
    confidence: float = 0.95,
) -> Reconciliation:
    """Hold tracked spending against a bill.

    Parameters
    ----------
    calls : DataFrame
        Table ``calls``, rows that count; only those of providers that the bill covers are held
        against it.
    invoice : Invoice
        From :func:`~speckit_analysis.prices.invoices.read_invoice`.
    tolerance : float
        Share by which the window's sums may differ.
    drift : float
        Change of a month's ratio against the first month that is flagged.
    confidence : float
        Level of the intervals.

    Raises
    ------
    EvidenceError
        If the bill names no model, or bill and calls have no day or provider in common.

    Notes
    -----
    The window is closed, and its error a fact and no estimate: it passes or fails by arithmetic.
    For windows to come, the logarithms of tracked over billed are taken as independent and
    normal: Student's t, two one-sided tests against the tolerance (Schuirmann 1987), and a
    prediction interval.  Windows are months, weeks or days: the longest of which there are three.
    Where a line of the bill is of more than a day, all is compared by month.
    """
    if not (0 < tolerance < np.inf and 0 < drift < np.inf):
        raise EvidenceError(
            f"tolerance and drift must be above 0 and finite (got {tolerance} and {drift})"
        )
    if not (0 < tolerance < np.inf and 0 < drift < np.inf):
        raise EvidenceError(
            f"tolerance and drift must be above 0 and finite (got {tolerance} and {drift})"
        )
    billed = invoice.rows
    if billed.empty:
        raise EvidenceError("no line of the invoice names a model: nothing can be reconciled")
    tracked, nameless = _tracked(calls, billed)
    dated = tracked[tracked["date"].notna()]
    begin, end = invoice.days["date"].min(), invoice.days["until"].max()
    first, last = max(begin, dated["date"].min()), min(end, dated["date"].max())
    if not first <= last:
        raise EvidenceError(
            f"invoice and calls have no day in common: the bill is of {wording.day(begin)} to"
            f" {wording.day(end)}, the calls are of {wording.day(dated['date'].min())} to"
            f" {wording.day(dated['date'].max())}"
        )
    by_month = bool(billed["until"].gt(billed["date"]).any())
    made = dated[dated["date"].between(begin, end)]
    if by_month:
        billed = billed.assign(date=_start(billed["date"], "month"))
        made = made.assign(date=_start(made["date"], "month"))
        span = first.replace(day=1), last + pd.offsets.MonthEnd(0)
        first, last = max(begin, span[0]), min(end, span[1])
        bill = billed[billed["date"].between(*span)]
    else:
        bill, made = (side[side["date"].between(first, last)] for side in (billed, made))
    outside = "outside these days not compared"
    counted = [
        (len(tracked) - len(dated), "call", "without a time left out"),
        (len(nameless), "call", "without a model and a provider left out"),
        (
            len(calls) - len(tracked) - len(nameless),
            "call",
            "to providers that the bill does not cover left out",
        ),
        (len(billed) - len(bill), "line", outside),
        (len(dated) - len(made), "call", outside),
    ]
    left_out = [f"{wording.count(n, noun)} {why}." for n, noun, why in counted if n]
    unknown = int(made["calls_without_cost"].sum())
    if unknown:
        left_out.append(
            f"{wording.count(unknown)} of {wording.count(len(made), 'call')} of these days"
            " have no known cost and are not tracked, whether billed or not."
        )
    if len(invoice.other):
        left_out.append(
            f"{wording.count(len(invoice.other), 'line')} of the bill without a model"
            f" ({wording.usd(invoice.other['billed_usd'].sum())}) not compared."
        )
    if by_month:
        left_out.append("Compared by month, since the bill does not tell days.")
    lines = _lines(bill, made)
    units = _WINDOWS[:1] if by_month else _WINDOWS
    loose = pd.concat([tracked[tracked["date"].isna()], nameless])
    months = _summed(lines, _start(lines["date"], "month"))
    months["drift"] = months["ratio"] / months["ratio"].iloc[0] - 1
    # A month that both cover for a few days only still counts: the day is the unit.
    months["drifted"] = months["drift"].abs() >= drift
    return Reconciliation(
        lines,
        _summed(lines, lines["model_id"]),
        RESULTS["bill_months"].of(months),
        first,
        last,
        tolerance,
        _future(lines, units, tolerance, confidence),
        _billed_share(lines, billed.drop(bill.index), invoice.other),
        _tracked_share(lines, made, loose),
        (*left_out, *invoice.notes, *invoice.repeated),
    )


def _tracked(calls: pd.DataFrame, billed: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the calls that the bill may be of, and those of nobody, with the columns of lines."""
    columns = {
        "date": calls["timestamp"].dt.floor("D").astype("datetime64[ns, UTC]"),
        "provider": calls["provider"].astype("string"),
        "model_id": calls["model_id"].astype("string").fillna("unknown"),
        "tracked_usd": calls["cost_usd"],
        "tracked_tokens": calls["prompt_tokens"]
        + calls["completion_tokens"]
        + calls["reasoning_tokens"].fillna(0),
        "calls": 1,
        "calls_without_cost": calls["cost_usd"].isna().astype(int),
    }
    rows = pd.DataFrame(columns)
    providers = set(billed["provider"].dropna())
    meant = rows["provider"].isin(providers) | rows["model_id"].isin(billed["model_id"])
    if not (meant & rows["date"].notna()).any():
        named = ", ".join(sorted(providers or set(billed["model_id"])))
        raise EvidenceError(f"no call to a provider of the invoice ({named}) in the evidence")
    return rows[meant], rows[rows["provider"].isna() & ~meant]


def _compared_lines(lines: pd.DataFrame) -> pd.DataFrame:
    """Return the lines that both sides have, and whose calls have a known cost."""
    return lines[lines["where"].eq("both") & lines["calls"].gt(lines["calls_without_cost"])]


def _billed_share(lines: pd.DataFrame, *left_out: pd.DataFrame) -> float:
    """Return the share of the money billed that is compared; credits count as charges do."""
    compared = _compared_lines(lines)["billed_usd"].abs().sum()
    total = sum(float(rows["billed_usd"].abs().sum()) for rows in (lines, *left_out))
    return float(compared / total) if total else 1.0


def _tracked_share(lines: pd.DataFrame, made: pd.DataFrame, loose: pd.DataFrame) -> float:
    """Return the share of the money tracked that is compared.

    Calls without a known cost are taken to cost per token what the others do.  What has no time or
    no model, `loose`, may be of the bill or not: it counts as not compared.
    """
    priced = made[made["tracked_usd"].notna()]
    per_token = priced["tracked_usd"].sum() / (priced["tracked_tokens"].sum() or np.nan)
    unknown = pd.concat([made[made["tracked_usd"].isna()], loose])
    guessed = unknown["tracked_usd"].fillna(unknown["tracked_tokens"] * per_token).fillna(0).sum()
    total = float(lines["tracked_usd"].sum() + guessed)
    compared = _compared_lines(lines)["tracked_usd"].sum()
    return float(compared / total) if total else 1.0


def _lines(bill: pd.DataFrame, made: pd.DataFrame) -> pd.DataFrame:
    billed = bill[["date", "provider", "model_id", "billed_usd"]].assign(
        billed_tokens=bill["prompt_tokens"] + bill["completion_tokens"]
    )
    grouped = pd.concat([billed, made]).groupby(["date", "model_id"])
    sums = grouped[_SUMMED].sum(min_count=1).assign(provider=grouped["provider"].first())
    lines = sums.reset_index()
    only_tracked, only_billed = lines["billed_usd"].isna(), lines["calls"].isna()
    lines["where"] = np.select(
        [only_tracked, only_billed], ["only tracked", "only billed"], default="both"
    )
    counted = ["billed_usd", "tracked_usd", "calls", "calls_without_cost"]
    return RESULTS["bill_lines"].of(_compared(lines.fillna(dict.fromkeys(counted, 0))))


def _compared(sums: pd.DataFrame) -> pd.DataFrame:
    ratio = sums["tracked_usd"] / sums["billed_usd"].where(sums["billed_usd"] > 0)
    tokens = sums["tracked_tokens"] / sums["billed_tokens"].where(sums["billed_tokens"] > 0)
    return sums.assign(
        difference_usd=sums["tracked_usd"] - sums["billed_usd"],
        ratio=ratio,
        tokens_ratio=tokens,
        price_ratio=ratio / tokens.where(tokens > 0),
    )


def _summed(lines: pd.DataFrame, key: pd.Series) -> pd.DataFrame:
    sums = lines.groupby(key)[_SUMMED].sum(min_count=1).reset_index()
    return RESULTS["bill_sums"].of(_compared(sums), [str(key.name)])


def _start(days: pd.Series, period: str) -> pd.Series:
    return key_column(days.rename("timestamp").to_frame(), period).rename(period)


def _future(
    lines: pd.DataFrame, units: Sequence[str], tolerance: float, confidence: float
) -> Outlook:
    for unit in units:
        windows = _summed(lines, _start(lines["date"], unit))
        both = windows[(windows["billed_usd"] > 0) & (windows["tracked_usd"] > 0)]
        if len(both) >= LEAST_WINDOWS:
            break
    return outlook(both["ratio"].to_numpy(float), unit, tolerance, confidence)


def cost_validation(found: Reconciliation) -> pd.DataFrame:
    """Return every line of a reconciliation, and its total last: the result ``bill_validation``."""
    sums = pd.DataFrame([found.lines[_SUMMED].sum(min_count=1)], dtype="Float64")
    total = _compared(sums).assign(model_id="total", where="both")
    lines = pd.concat([found.lines, total], ignore_index=True)
    within = ((lines["ratio"] - 1).abs() <= found.tolerance).where(lines["ratio"].notna())
    return RESULTS["bill_validation"].of(lines.assign(within_tolerance=within))
