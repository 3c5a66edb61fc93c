"""Logs of agents beside evidence of runs: more was spent, and nothing else is said of the runs."""

from __future__ import annotations

import pandas as pd
import pytest
from agent_logs import answer, counters, head, prompt, put, turn
from evidence_files import PLACES, documents, write

import speckit_analysis as sk
from speckit_analysis.analysis.cost.premium import by_run
from speckit_analysis.tables import TABLES


@pytest.fixture(scope="module")
def evidence(tmp_path_factory: pytest.TempPathFactory) -> tuple[sk.Evidence, sk.Evidence]:
    """The bundled sample and small files of every kind: without logs, and with them."""
    root = tmp_path_factory.mktemp("evidence")
    runs, logs = root / "runs", root / "logs"
    for name, document in documents().items():
        write(runs, PLACES[name], document)
    put(logs / "a.jsonl", prompt(0), answer("m", 1), answer("n", 2, stop=None))
    put(logs / "rollout-t.jsonl", head("t", 0), turn(0), *counters(1, (100, 40, 30, 10)))
    sample = sk.sample_path()
    return sk.load(sample, runs, processes=1), sk.load(sample, runs, logs, processes=1)


def same(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the rows without what tells in which folder of which load they lie."""
    return frame.drop(columns=["source", "evidence_root", "duplicate_of"], errors="ignore")


@pytest.mark.parametrize("table", [name for name in TABLES if name != "problems"])
def test_tables_of_runs_are_the_same_with_logs_beside_them(
    table: str, evidence: tuple[sk.Evidence, sk.Evidence]
) -> None:
    without, beside = (same(one[table]) for one in evidence)
    if table == "calls":
        beside = beside[beside["run_id"].notna()]
    if table == "sessions":
        beside = beside.head(0)
    if table == "files":
        beside = beside[~beside["format"].isin(["claude-session", "codex-rollout"])]
    columns = without.select_dtypes("category").columns
    pd.testing.assert_frame_equal(
        beside.reset_index(drop=True).astype(dict.fromkeys(columns, "string")),
        without.astype(dict.fromkeys(columns, "string")),
    )


def test_problems_are_those_of_the_runs(evidence: tuple[sk.Evidence, sk.Evidence]) -> None:
    without, beside = (
        one.problems.groupby(["kind", "severity"], observed=True)["number"].sum()
        for one in evidence
    )
    more = (beside - without.reindex(beside.index).fillna(0)).loc[lambda number: number != 0]
    assert more.empty, more


def test_calls_outside_runs_are_spending(evidence: tuple[sk.Evidence, sk.Evidence]) -> None:
    without, beside = (one.calls for one in evidence)
    logged = beside[beside["run_id"].isna()]
    assert len(logged) == len(beside) - len(without) == 3
    assert logged[["spec_id", "stage", "run_calls"]].isna().all(axis=None)
    spent = without["cost_usd"].sum() + logged["cost_usd"].sum()
    assert beside["cost_usd"].sum() == pytest.approx(spent)
    assert (logged["cost_usd"] > 0).all()


def test_what_consensus_costs_is_told_of_runs_alone(
    evidence: tuple[sk.Evidence, sk.Evidence],
) -> None:
    without, beside = (by_run(one.calls, "cost_usd") for one in evidence)
    assert len(without) > 0
    pd.testing.assert_frame_equal(beside.reset_index(drop=True), without.reset_index(drop=True))
