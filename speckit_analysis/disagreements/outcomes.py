"""How disagreements ended, and those that agents declared themselves."""

from __future__ import annotations

import json
from typing import Any

import pandas as pd

from speckit_analysis.analysis.disagreement.frequency import genuine
from speckit_analysis.analysis.disagreement.summary import UNTOLD, decisions
from speckit_analysis.disagreements.features import containment
from speckit_analysis.disagreements.judge import SEVERITIES, TYPES
from speckit_analysis.disagreements.statements import parse

#: A declared disagreement that holds so much of the topic's words, or the other way, is the same.
SAME_TOPIC = 0.6


def with_declared(found: pd.DataFrame, disagreements: pd.DataFrame) -> pd.DataFrame:
    """Return what was found together with what was declared, and how it ended.

    Parameters
    ----------
    found : DataFrame
        Findings, without the columns that this adds.
    disagreements : DataFrame
        Table ``disagreements``, rows that count.

    Returns
    -------
    DataFrame
        The rows of `found` and one for each declared disagreement that no finding of its run is
        about, with ``origin`` (category: detected or declared), ``declared`` (boolean: the run
        declares it) and ``decision`` (string: whom it was settled for, see
        :func:`.summary.decisions`).
    """
    points = genuine(disagreements).reset_index(drop=True)
    points = points.assign(decision=decisions(points))
    matches = pd.Series(
        [_counterpart(row, points) for _, row in found.iterrows()], found.index, dtype="Int64"
    )
    decision = matches.map(points["decision"], na_action="ignore").astype("string")
    detected = found.assign(
        origin="detected", declared=matches.notna(), decision=decision.fillna(UNTOLD)
    )
    others = _as_findings(points.drop(index=list(matches.dropna().unique())), found)
    both = pd.concat([detected, others], ignore_index=True)
    both = both.sort_values(["run_id", "origin"], ascending=[True, False], kind="stable")
    dtypes: dict[str, Any] = {name: found[name].dtype for name in found.columns}
    dtypes |= dict.fromkeys(("spec_id", "compared", "origin"), "category")
    dtypes |= {"declared": "boolean", "decision": "string"}
    return both.reset_index(drop=True).astype(dtypes)


def _counterpart(row: pd.Series, points: pd.DataFrame) -> int | None:
    """Return the declared disagreement of the same run on the same topic, if there is one."""
    said = parse(f"{row['topic']} {' '.join(json.loads(row['positions']).values())}").words
    best, place = SAME_TOPIC, None
    of_run = points.loc[points["run_id"] == row["run_id"], ["topic", "description"]]
    for at, topic, description in of_run.fillna("").itertuples():
        declared = parse(f"{topic} {description}").words
        shared = containment(said, declared)
        if shared >= best:
            best, place = shared, at
    return place


def _as_findings(points: pd.DataFrame, found: pd.DataFrame) -> pd.DataFrame:
    types, severities = (
        points[name].astype("string") for name in ("type", "disagreement_severity")
    )
    rows = points[["run_id", "spec_id", "stage", "agents", "decision"]].assign(
        topic=points["topic"].fillna(points["description"]),
        positions="{}",
        locators="{}",
        compared="declared",
        type=types.where(types.isin(TYPES)),
        disagreement_severity=severities.where(severities.isin(SEVERITIES)),
        open_vs_decided=None,
        confidence=None,
        reason=points["description"],
        origin="declared",
        declared=True,
    )
    return rows[[*found.columns, "origin", "declared", "decision"]]
