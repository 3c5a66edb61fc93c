"""What agents spent by day, model, project …, by the clock of one zone."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pandas as pd

from speckit_analysis.analysis.ask.telemetry import moment
from speckit_analysis.analysis.summaries import PERIODS, key_column
from speckit_analysis.analysis.wording import count, usd
from speckit_analysis.errors import EvidenceError
from speckit_analysis.tables.results import RESULTS

#: By what spending can be grouped, and the column that this means.
GROUPS = {
    **{name: name for name in ("day", "week", "month")},
    "model": "model_id",
    **{name: name for name in ("project", "branch")},
    "session": "session_id",
    "agent": "agent",
}

_WITH_OFFSET = re.compile(r"(?:Z|[+-]\d\d:?\d\d)$")


def zone_called(name: str | None) -> ZoneInfo:
    """Return a time zone by its name; that of this computer, or UTC, without one.

    Raises
    ------
    EvidenceError
        If there is no such zone.
    """
    local = os.environ.get("TZ", "").lstrip(":")
    linked = Path("/etc/localtime").resolve().as_posix().partition("zoneinfo/")[2]
    for key in [name] if name else [local, linked, "UTC"]:
        try:
            if key:
                return ZoneInfo(key)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            if name:
                raise EvidenceError(
                    f"--zone {name!r}: no such time zone; write UTC, Europe/Berlin …"
                ) from None
    return ZoneInfo("UTC")


def of_sessions(calls: pd.DataFrame, sessions: pd.DataFrame, zone: ZoneInfo) -> pd.DataFrame:
    """Return the calls that logs of agents tell of, with ``project`` and ``branch``.

    Parameters
    ----------
    calls, sessions : DataFrame
        The tables of these names.
    zone : ZoneInfo
        By whose clock days begin.

    Returns
    -------
    DataFrame
        ``timestamp`` holds what the clock of `zone` showed, as if it were UTC.
    """
    logged = calls[calls["session_id"].notna()]
    about = sessions.drop_duplicates("session_id").set_index("session_id")
    clock = logged["timestamp"].dt.tz_convert(zone).dt.tz_localize(None).dt.tz_localize("UTC")
    places = {
        name: logged["session_id"].map(about[name].astype("string"))
        for name in ("project", "branch")
    }
    return logged.assign(timestamp=clock, **places)


def within(calls: pd.DataFrame, since: str | None, until: str | None, zone: ZoneInfo) -> Any:
    """Return the rows of :func:`of_sessions` from `since` to the end of `until`, by its clock.

    Raises
    ------
    EvidenceError
        If one is no date.
    """
    kept = pd.Series(True, calls.index)
    if since is not None:
        kept &= calls["timestamp"] >= _clock(since, "--since", zone)
    if until is not None:
        kept &= calls["timestamp"] <= _clock(until, "--until", zone, end=True)
    return calls[kept.fillna(False)]


def _clock(text: str, name: str, zone: ZoneInfo, *, end: bool = False) -> pd.Timestamp:
    when = moment(text, name, end=end)
    if not _WITH_OFFSET.search(text) or len(text) <= len("2025-10-31"):
        return when
    return when.tz_convert(zone).tz_localize(None).tz_localize("UTC")


def spent(calls: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame:
    """Return what was spent, by names of :data:`GROUPS`.

    Parameters
    ----------
    calls : DataFrame
        As :func:`of_sessions` returns them.
    by : sequence of str
        Names of :data:`GROUPS`.

    Returns
    -------
    DataFrame
        The columns of `by`, and those of the result ``spent_by_agents``: periods in their order,
        all else by cost, the largest first.

    Raises
    ------
    EvidenceError
        If a name is none of them.
    """
    unknown = [name for name in by if name not in GROUPS]
    if unknown:
        raise EvidenceError(f"--by {unknown[0]!r}: no such group; write {', '.join(GROUPS)}")
    names = [GROUPS[name] for name in by]
    failed = (calls["status"] == "error").fillna(False).astype(bool)
    keyed = pd.DataFrame({name: key_column(calls, name) for name in names}, index=calls.index)
    keyed = keyed.assign(
        session=calls["session_id"],
        failed=failed,
        prompt=calls["prompt_tokens"],
        cached=calls["cached_tokens"],
        output=calls["completion_tokens"] + calls["reasoning_tokens"].fillna(0),
        cost=calls["cost_usd"],
        unpriced=calls["cost_usd"].isna() & ~failed,
    )
    grouped = keyed.groupby(names, observed=True, dropna=False)
    table = pd.DataFrame(
        {
            "sessions": grouped["session"].nunique(),
            "calls": grouped.size(),
            "failed": grouped["failed"].sum(),
            "prompt_tokens": grouped["prompt"].sum(min_count=1),
            "cached_share": grouped["cached"].sum() / grouped["prompt"].sum(min_count=1),
            "output_tokens": grouped["output"].sum(min_count=1),
            "cost_usd": grouped["cost"].sum(min_count=1),
            "unpriced": grouped["unpriced"].sum(),
        }
    ).reset_index()
    periods = [name for name in names if name in PERIODS]
    order = [*periods, "cost_usd"]
    ascending = [True] * len(periods) + [False]
    table = table.sort_values(order, ascending=ascending, kind="stable").reset_index(drop=True)
    return RESULTS["spent_by_agents"].of(table, names)


def recent_sentence(calls: pd.DataFrame, now: pd.Timestamp) -> str:
    """Say what was spent today, yesterday and this week.

    Parameters
    ----------
    calls : DataFrame
        As :func:`of_sessions` returns them.
    now : Timestamp
        What the clock of the zone shows, as if it were UTC.
    """
    today = now.normalize()
    begins = {
        "today": today,
        "yesterday": today - pd.Timedelta(days=1),
        "this week": first_of_week(now),
    }
    parts = []
    for name, begin in begins.items():
        end = today if name == "yesterday" else now
        rows = calls[(calls["timestamp"] >= begin) & (calls["timestamp"] < end)]
        parts.append(f"{name} {usd(rows['cost_usd'].sum())}")
    said = ", ".join(parts)
    return f"{said[0].upper()}{said[1:]}."


def first_of_week(now: pd.Timestamp) -> pd.Timestamp:
    """Return the beginning of the week's Monday."""
    return now.normalize() - pd.Timedelta(days=now.day_of_week)


def unknown_sentence(calls: pd.DataFrame) -> str:
    """Say how many calls have no known cost or are a lower bound; nothing where none."""
    failed = calls["status"] == "error"
    unpriced = int((calls["cost_usd"].isna() & ~failed.fillna(False)).sum())
    bounds = int(calls["lower_bound"].fillna(False).sum())
    parts = []
    if unpriced:
        parts.append(f"The cost of {count(unpriced, 'call')} is unknown and in no sum.")
    if bounds:
        parts.append(
            f"The log of {count(bounds, 'call')} was written before the final count:"
            " true cost is higher."
        )
    return " ".join(parts)
