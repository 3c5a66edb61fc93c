"""Problems as rows: worded from the rows that they are of, and no more of them than are read."""

from __future__ import annotations

from string import Formatter
from typing import Any

import pandas as pd

from speckit_analysis.formats.rows import COUNTED, MORE_PROBLEMS, MOST_PROBLEMS

COLUMNS = ["file", "locator", "kind", "severity", "message", "action", "run_id"]

NO_PROBLEMS = pd.DataFrame(columns=COLUMNS)


def filed(
    rows: pd.DataFrame,
    kind: str,
    severity: str,
    message: str,
    action: str,
    locator: str | None = None,
) -> pd.DataFrame:
    """Return one problem for each of `rows`, whose columns fill the braces in `message`."""
    if rows.empty:
        return NO_PROBLEMS
    return pd.DataFrame(
        {
            "file": rows["file"],
            "locator": rows["locator"] if locator is None else locator,
            "kind": kind,
            "severity": severity,
            "message": _filled(message, rows),
            "action": action,
            "run_id": rows.get("run_id", pd.NA),
        }
    )


def filed_once(kind: str, message: str, action: str) -> pd.DataFrame:
    """Return a problem of the evidence as a whole."""
    row = [(pd.NA, pd.NA, kind, "info", message, action, pd.NA)]
    return pd.DataFrame(row, columns=COLUMNS)


def where(rows: pd.DataFrame, condition: pd.Series) -> pd.DataFrame:
    """Return the rows of which a condition holds; where that is not known, it does not."""
    holds = condition.fillna(False).to_numpy(bool)
    return rows[holds] if holds.any() else rows.head(0)


def _filled(template: str, rows: pd.DataFrame) -> list[str] | str:
    """Fill `template` once per row; numbers are rounded, missing values are called none."""
    names = list(dict.fromkeys(name for _, name, _, _ in Formatter().parse(template) if name))
    if not names:
        return template
    values = zip(*(map(_shown, rows[name]) for name in names), strict=True)
    return [template.format(**dict(zip(names, row, strict=True))) for row in values]


def _shown(value: Any) -> str:
    if pd.isna(value):
        return "none"
    return value if isinstance(value, str) else f"{value:,.10g}"


def capped(problems: pd.DataFrame) -> pd.DataFrame:
    """Return `problems` with the first ones of each file and kind, and how many more there are."""
    number = problems.get("number", pd.NA)
    problems = problems.assign(number=pd.Series(number, problems.index, dtype="Int64"))
    listed = problems["number"].isna() & problems["file"].notna()
    of_kind = ["file", "kind", "severity"]
    order = problems[listed].groupby(of_kind, observed=True).cumcount()
    over = problems.loc[order.index[order >= MOST_PROBLEMS]]
    problems = problems.drop(over.index).fillna({"number": 1})
    if over.empty:
        return problems
    more = over.groupby(of_kind, observed=True).size().rename("number").reset_index()
    more["message"] = more["number"].map(MORE_PROBLEMS.format)
    return pd.concat([problems, more.assign(locator="", action=COUNTED)], ignore_index=True)
