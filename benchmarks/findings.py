"""How many of the disagreements that a reader found in whole runs are found, and what else is.

``python benchmarks/findings.py`` compares findings with the labelled runs, where both labels and
evidence are at hand.  A labelled disagreement counts as found if a finding of its run names agents
of two of its sides and holds enough of its words; each finding counts once.  Both are printed, to
be read: words are a rough rule.
"""

from __future__ import annotations

import argparse
import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.optimize import linear_sum_assignment
from shared_files import EVIDENCE, LABELLED_RUNS

import speckit_analysis as sk
from speckit_analysis.analysis.intervals import share
from speckit_analysis.disagreements import find_disagreements
from speckit_analysis.disagreements.features import shared_weight
from speckit_analysis.disagreements.statements import parse
from speckit_analysis.tables.vocabulary import normalise_agent

#: Share of the words of a labelled disagreement that a finding has to hold.
SAME_WORDS = 0.3

_SOURCE = re.compile(r"([^/]+)@@(\w+)(?:#proposals\[(\d+)\])?$")


def run_of(label: dict, proposals: pd.DataFrame) -> str | None:
    """Return the run that a label is about, by the files that it names."""
    for each in label["sources"]:
        found = _SOURCE.search(each["source"])
        if not found:
            continue
        name, version, number = found.groups()
        sources = proposals["source"].astype(str)
        hit = sources.str.endswith(name)
        if number is not None:
            hit &= sources.str.contains(version[:7]) & (
                proposals["locator"].astype(str).str.startswith(f"/proposals/{number}")
            )
        if hit.any():
            return str(proposals.loc[hit, "run_id"].iloc[0])
    return None


def sides_named(sides: dict[str, str], agents: set[str]) -> int:
    """Return how many sides of a labelled disagreement have one of these agents.

    A side is called by its agent, or by its position with its agents as the text.
    """
    named = 0
    for key, text in sides.items():
        names = {key, *text.split(", ")}
        names |= {normalise_agent(name) or name for name in names}
        named += bool(names & agents)
    return named


def assigned(label: dict, findings: pd.DataFrame) -> dict[int, pd.Series]:
    """Return the finding of each labelled disagreement, by its position; each is used once."""
    held = np.array(
        [
            [words_held(each, row) for _, row in findings.iterrows()]
            for each in label["disagreements"]
        ]
    )
    if not held.size:
        return {}
    pairs = zip(*linear_sum_assignment(held, maximize=True), strict=True)
    return {int(at): findings.iloc[to] for at, to in pairs if held[at, to] >= SAME_WORDS}


def words_held(label: dict, finding: pd.Series) -> float:
    """Return the share of a labelled disagreement's words that a finding holds."""
    if sides_named(label["sides"], set(finding["agents"].split(", "))) < 2:
        return 0.0
    words = parse(f"{label['topic']} {' '.join([*label['sides'], *label['sides'].values()])}").words
    said = parse(f"{finding['topic']} {finding['reason']} {finding['positions']}").words
    return shared_weight(words, said) / sum(words.values())


def main() -> int:
    """Compare, print what was found and missed, and the recall with its interval."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--labels", type=Path, default=LABELLED_RUNS)
    parser.add_argument("--evidence", type=Path, default=EVIDENCE)
    options = parser.parse_args()
    if not (options.labels.exists() and options.evidence.exists()):
        print("labels or evidence are not at hand: nothing measured")
        return 0
    evidence = sk.load(options.evidence)
    findings = find_disagreements(evidence, include=("measured", "role_played"))
    findings = findings[findings["origin"] == "detected"]
    labels = [json.loads(line) for line in options.labels.read_text().splitlines()]
    rows, seen = [], set()
    for label in labels:
        run = run_of(label, evidence.proposals)
        if run is None:
            print(f"\n{label['run_id']}: its proposals are not in this evidence")
            continue
        seen.add(run)
        of_run = findings[findings["run_id"] == run]
        print(f"\n{label['run_id']} = {run}: {len(of_run)} findings")
        matches = assigned(label, of_run)
        for at, each in enumerate(label["disagreements"]):
            match = matches.get(at)
            rows.append({"run": run, "found": match is not None})
            print(f"  {'found ' if match is not None else 'MISSED'} {each['topic']}", end="")
            print(f"  <-  {match['topic']}: {match['reason']}" if match is not None else "")
    table = pd.DataFrame(rows)
    recall = share(table["found"], table["run"])
    print(f"\nrecall {recall.hits} of {recall.n}: {recall.estimate:.2f}", end=" ")
    print(f"[{recall.low:.2f}, {recall.high:.2f}] (runs are the clusters)")
    print(f"{findings['run_id'].isin(seen).sum()} findings in these {len(seen)} runs")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
