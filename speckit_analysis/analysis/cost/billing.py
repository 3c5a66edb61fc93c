"""Computed spending against a provider's bill: by day and model, and over time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from speckit_analysis.analysis import wording
from speckit_analysis.analysis.cost.outlook import LEAST_WINDOWS, Outlook, outlook
from speckit_analysis.errors import EvidenceError
from speckit_analysis.prices.invoices import Invoice

_SUMMED = (
    "billed_usd", "tracked_usd", "billed_tokens", "tracked_tokens", "calls", "calls_without_cost",
)  # fmt: skip
_RATIOS = ("difference_usd", "ratio", "tokens_ratio", "price_ratio")

#: Windows, the longest first: the first with enough of them is taken.
_WINDOWS = {"month": "M", "week": "W-SUN", "day": "D"}


@dataclass(frozen=True)
class Reconciliation:
    """Tracked spending beside billed spending, over the days that both cover.

    Attributes
    ----------
    lines : DataFrame
        One row per day and model: ``date``, ``provider``, ``model_id``, ``billed_usd``,
        ``tracked_usd``, ``difference_usd``, ``ratio`` (tracked / billed), ``tokens_ratio`` and
        ``price_ratio`` (its factors, where the bill counts tokens), ``billed_tokens``,
        ``tracked_tokens``, ``calls``, ``calls_without_cost`` and ``where`` (``both``, ``only
        billed``, ``only tracked``).
    by_model, by_month : DataFrame
        The same by ``model_id`` or ``month``; months with ``drift`` (ratio over that of
        the first month, less 1) and ``drifted`` (boolean).
    billed_usd, tracked_usd : float
        Sums.
    first, last : Timestamp
        Days of the window.
    tolerance, confidence : float
        As asked for.
    future : Outlook
        Of windows to come.
    left_out : tuple of str
        What the window or the bill does not cover, or covers twice, in words.
    """

    lines: pd.DataFrame
    by_model: pd.DataFrame
    by_month: pd.DataFrame
    billed_usd: float
    tracked_usd: float
    first: pd.Timestamp
    last: pd.Timestamp
    tolerance: float
    confidence: float
    future: Outlook
    left_out: tuple[str, ...]

    @property
    def error(self) -> float:
        """Tracked less billed, over billed; NaN where credits or free use left nothing to pay."""
        if round(self.billed_usd, 6) <= 0:  # charges less credits may miss 0 by a rounding error
            return float("nan")
        return self.tracked_usd / self.billed_usd - 1

    @property
    def can_tell(self) -> bool:
        """Whether the cost of any call of these days is known, if there are calls."""
        calls, unknown = self.lines["calls"].sum(), self.lines["calls_without_cost"].sum()
        return bool(calls == 0 or unknown < calls)

    @property
    def passed(self) -> bool:
        """Whether the error of the window is within the tolerance; it is no estimate."""
        return abs(self.error) <= self.tolerance

    @property
    def unmatched(self) -> pd.DataFrame:
        """The lines that only one side has."""
        return self.lines[self.lines["where"] != "both"].reset_index(drop=True)

    @property
    def sentence(self) -> str:
        """The verdict in words, with its figures."""
        span = f"{wording.day(self.first)} to {wording.day(self.last)}"
        if not self.can_tell:
            told = (
                "Cannot tell: no call of these days has a known cost, against"
                f" {wording.usd(self.billed_usd)} billed, {span}."
            )
            return " ".join([told, *self.left_out])
        verdict = "passes" if self.passed else "fails"
        error = (
            "of which no share can be told"
            if np.isnan(self.error)
            else f"{100 * self.error:+.1f} % (±{wording.exact_percent(self.tolerance)} allowed)"
        )
        closed = (
            f"{verdict.capitalize()}: {wording.usd(self.tracked_usd)} tracked against"
            f" {wording.usd(self.billed_usd)} billed, {error}, {span}."
        )
        parts = [closed, self._alone, self._drifted, self.future.sentence, *self.left_out]
        return " ".join(part for part in parts if part)

    @property
    def _alone(self) -> str:
        alone = self.unmatched["where"].value_counts()
        if alone.empty:
            return ""
        parts = [
            f"{wording.count(n, 'line')} {where}" for where, n in alone.sort_index().items() if n
        ]
        return f"Without a partner: {wording.listed(parts)}."

    @property
    def _drifted(self) -> str:
        months = self.by_month[self.by_month["drifted"].fillna(False)]
        if months.empty:
            return ""
        worst = months.sort_values("drift", key=lambda drift: drift.abs()).iloc[-1]
        return (
            f"The ratio has drifted: {100 * worst['drift']:+.0f} % in {worst['month']:%B %Y}"
            " against the first month."
        )


def reconcile(
    calls: pd.DataFrame,
    invoice: Invoice,
    *,
    tolerance: float = 0.15,
    drift: float = 0.10,
    confidence: float = 0.95,
    value: str = "cost_usd",
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
    value : str
        Column with the cost of a call.

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
    """
    billed = invoice.rows
    if billed.empty:
        raise EvidenceError("no line of the invoice names a model: nothing can be reconciled")
    tracked, left_out = _covered(calls, billed, value)
    first = max(billed["date"].min(), tracked["date"].min())
    last = min(billed["date"].max(), tracked["date"].max())
    if pd.isna(first) or pd.isna(last) or first > last:
        raise EvidenceError(
            f"invoice and calls have no day in common: the bill is of"
            f" {wording.day(billed['date'].min())} to {wording.day(billed['date'].max())}, the"
            f" calls are of {wording.day(tracked['date'].min())} to"
            f" {wording.day(tracked['date'].max())}"
        )
    inside = [part[part["date"].between(first, last)] for part in (billed, tracked)]
    for part, within, noun in zip((billed, tracked), inside, ("line", "call"), strict=True):
        if len(part) > len(within):
            out = wording.count(len(part) - len(within), noun)
            left_out.append(f"{out} outside these days not compared.")
    unknown = int(inside[1]["usd"].isna().sum())
    if unknown:
        left_out.append(
            f"{wording.count(unknown)} of {wording.count(len(inside[1]), 'call')} of these days"
            " have no known cost and are not tracked, whether billed or not."
        )
    if len(invoice.other):
        left_out.append(
            f"{wording.count(len(invoice.other), 'line')} of the bill without a model"
            f" ({wording.usd(invoice.other['billed_usd'].sum())}) not compared."
        )
    left_out += invoice.repeated
    lines = _lines(*inside)
    months = _summed(lines.assign(month=_start(lines["date"], "M")), "month")
    months["drift"] = months["ratio"] / months["ratio"].iloc[0] - 1
    # A month that both cover for a few days only still counts: the day is the unit.
    months["drifted"] = (months["drift"].abs() >= drift).astype("boolean")
    by_day = _summed(lines, "date")
    return Reconciliation(
        lines,
        _summed(lines, "model_id"),
        months,
        float(lines["billed_usd"].sum()),
        float(lines["tracked_usd"].sum()),
        first,
        last,
        tolerance,
        confidence,
        _future(by_day, tolerance, confidence),
        tuple(left_out),
    )


def _covered(
    calls: pd.DataFrame, billed: pd.DataFrame, value: str
) -> tuple[pd.DataFrame, list[str]]:
    dated = calls[calls["timestamp"].notna()]
    providers = set(billed["provider"].dropna())
    mine = dated["provider"].astype("string").isin(providers)
    left_out = []
    if len(calls) > len(dated):
        left_out.append(
            f"{wording.count(len(calls) - len(dated), 'call')} without a time left out."
        )
    if not mine.all():
        others = wording.count(int((~mine).sum()), "call")
        left_out.append(f"{others} to providers that the bill does not cover left out.")
    tracked = dated[mine]
    if tracked.empty:
        raise EvidenceError(
            f"no call to a provider of the invoice ({', '.join(sorted(providers))}) in the evidence"
        )
    return (
        pd.DataFrame(
            {
                "date": tracked["timestamp"].dt.floor("D").astype("datetime64[ns, UTC]"),
                "provider": tracked["provider"].astype("string"),
                "model_id": tracked["model_id"].astype("string").fillna("unknown"),
                "usd": tracked[value].astype("Float64"),
                "tokens": tracked["prompt_tokens"] + tracked["completion_tokens"],
            }
        ),
        left_out,
    )


def _lines(billed: pd.DataFrame, tracked: pd.DataFrame) -> pd.DataFrame:
    keys = ["date", "model_id"]
    counted = billed.assign(tokens=billed["prompt_tokens"] + billed["completion_tokens"])
    there = counted.groupby(keys).agg(
        billed_usd=("billed_usd", "sum"),
        billed_tokens=("tokens", _sum_of_known),
        of=("provider", "first"),
    )
    here = tracked.groupby(keys).agg(
        tracked_usd=("usd", "sum"),
        tracked_tokens=("tokens", _sum_of_known),
        calls=("usd", "size"),
        priced=("usd", "count"),
        by=("provider", "first"),
    )
    lines = there.join(here, how="outer").sort_index().reset_index()
    both = lines["billed_usd"].notna() & lines["tracked_usd"].notna()
    where = np.select([both, lines["billed_usd"].notna()], ["both", "only billed"], "only tracked")
    lines = lines.assign(
        provider=lines["of"].fillna(lines["by"]).astype("string"),
        where=pd.Series(where, dtype="string"),
        calls=lines["calls"].fillna(0).astype("Int64"),
        calls_without_cost=(lines["calls"] - lines["priced"]).fillna(0).astype("Int64"),
        billed_usd=lines["billed_usd"].fillna(0).astype("Float64"),
        tracked_usd=lines["tracked_usd"].fillna(0).astype("Float64"),
    )
    order = ["date", "provider", "model_id", *_SUMMED[:2], *_RATIOS, *_SUMMED[2:], "where"]
    return _compared(lines)[order]


def _sum_of_known(figures: pd.Series) -> object:
    return figures.sum(min_count=1)


def _compared(table: pd.DataFrame) -> pd.DataFrame:
    paid = table["billed_usd"].where(table["billed_usd"] > 0)
    counted = table["billed_tokens"].astype("Float64")
    ratio = (table["tracked_usd"] / paid).astype("Float64")
    tokens = table["tracked_tokens"].astype("Float64") / counted.where(counted > 0)
    return table.assign(
        difference_usd=table["tracked_usd"] - table["billed_usd"],
        ratio=ratio,
        tokens_ratio=tokens,
        price_ratio=ratio / tokens.where(tokens > 0),
    )


def _summed(lines: pd.DataFrame, by: str) -> pd.DataFrame:
    grouped = lines.groupby(by)[list(_SUMMED)]
    table = _compared(grouped.sum(min_count=1).reset_index())
    return table[[by, *_SUMMED[:2], *_RATIOS, *_SUMMED[2:]]]


def _start(days: pd.Series, frequency: str) -> pd.Series:
    periods = days.dt.tz_localize(None).dt.to_period(frequency)
    return periods.dt.start_time.dt.tz_localize("UTC")


def _future(by_day: pd.DataFrame, tolerance: float, confidence: float) -> Outlook:
    for unit, frequency in _WINDOWS.items():
        windows = _summed(by_day.assign(window=_start(by_day["date"], frequency)), "window")
        both = windows[(windows["billed_usd"] > 0) & (windows["tracked_usd"] > 0)]
        if len(both) >= LEAST_WINDOWS or unit == "day":
            return outlook(both["ratio"].to_numpy(float), unit, tolerance, confidence)
    raise AssertionError("unreachable: days are the last windows")


def cost_validation(found: Reconciliation) -> pd.DataFrame:
    """Return every line of a reconciliation, and its total last.

    Returns
    -------
    DataFrame
        The columns of ``lines`` and ``within_tolerance`` (boolean, missing where nothing was
        billed); in the last row ``model_id`` is ``total`` and ``date`` missing.
    """
    total = pd.DataFrame(
        {
            "date": pd.Series([pd.NaT], dtype="datetime64[ns, UTC]"),
            "provider": pd.Series([pd.NA], dtype="string"),
            "model_id": pd.Series(["total"], dtype="string"),
            "billed_usd": pd.Series([found.billed_usd], dtype="Float64"),
            "tracked_usd": pd.Series([found.tracked_usd], dtype="Float64"),
            "calls": pd.Series([int(found.lines["calls"].sum())], dtype="Int64"),
            "calls_without_cost": pd.Series(
                [int(found.lines["calls_without_cost"].sum())], dtype="Int64"
            ),
            "where": pd.Series(["both"], dtype="string"),
            "billed_tokens": pd.Series([found.lines["billed_tokens"].sum(min_count=1)]),
            "tracked_tokens": pd.Series([found.lines["tracked_tokens"].sum(min_count=1)]),
        }
    )
    table = pd.concat([found.lines, _compared(total)[found.lines.columns]], ignore_index=True)
    within = (table["ratio"] - 1).abs() <= found.tolerance
    return table.assign(within_tolerance=within.astype("boolean").where(table["ratio"].notna()))
