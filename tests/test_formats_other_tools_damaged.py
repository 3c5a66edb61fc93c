"""Result files of other tools with any value replaced by another kind: read on, and say so."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Iterator
from typing import Any

import pytest
import test_formats_gateways as gateways
import test_formats_inspect_ai as inspect_ai
import test_formats_llm_council as llm_council
import test_formats_promptfoo as promptfoo
import test_formats_swe_bench as swe_bench
from other_tools import kinds, load
from simulations import at_length

OTHERS = (None, [], {}, "text", "", 0, -1, 1.5, 1e300, True, ["x"], {"x": 1}, [None], [[]])

MODEL_EVENT = {
    "event": "model",
    "model": "acme/large",
    "timestamp": "2026-01-01T00:00:00Z",
    "output": {"model": "acme", "usage": {"input_tokens": 5, "output_tokens": 2}, "time": 1.5},
}
EDITED = {"value": "P", "history": [{"value": "I"}, {"provenance": {"author": "kim"}}]}
STAGES = llm_council.stages()

SUMMARY = {"scorer": "exact", "reducer": "mean", "metrics": {"accuracy": {"value": 0.5}}}

FILES: dict[str, tuple[str, Any]] = {
    "inspect": (
        "a.json",
        inspect_ai.log(
            inspect_ai.sample(events=[MODEL_EVENT], scores={"exact": EDITED}),
            inspect_ai.sample(2, error={"message": "x"}, scores={}),
        )
        | {"results": {"total_samples": 2, "headline": {"scorer": "exact"}, "scores": [SUMMARY]}},
    ),
    "promptfoo": ("a.json", promptfoo.exported(promptfoo.result(), promptfoo.result(1, 1, 0))),
    "bench": ("run-2026-a.json", llm_council.run(llm_council.item("a"))),
    "stage1": ("stage1.json", STAGES["stage1"]),
    "stage2": ("stage2.json", STAGES["stage2"]),
    "swe-bench": ("m.run.json", swe_bench.report(["a"], ["b"], ["c"], ["d"])),
    "mini-swe-agent": ("a.traj.json", swe_bench.trajectory((900, 50, 0.5))),
    "litellm": ("a.json", [gateways.spend("r1"), gateways.spend("r2")]),
    "langfuse": ("a.json", [gateways.observation("o1"), gateways.observation("o2")]),
}


def places(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield where the values of a document stand, the document itself left out."""
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, item in items:
        yield (*at, key)
        if isinstance(item, dict | list):
            yield from places(item, (*at, key))


def replaced(document: Any, at: tuple[Any, ...], value: Any) -> Any:
    changed = copy.deepcopy(document)
    holder = changed
    for key in at[:-1]:
        holder = holder[key]
    holder[at[-1]] = value
    return changed


@pytest.mark.parametrize("examples", [40, at_length(1500)])
@pytest.mark.parametrize("tool", sorted(FILES))
def test_a_value_of_another_kind_stops_no_format(tmp_path, tool, examples):
    name, document = FILES[tool]
    chance = random.Random(f"{tool} {examples}")
    spots = list(places(document))
    damaged = {
        f"{number}/{name}": json.dumps(
            replaced(document, chance.choice(spots), chance.choice(OTHERS))
        )
        for number in range(examples)
    }
    evidence = load(tmp_path, **damaged)
    failed = evidence.problems.query("kind == 'format_failed'")
    assert failed[["source", "message"]].to_numpy().tolist() == []
    assert (evidence.outcomes["outcome"].dropna().abs() <= 1e9).all()


@pytest.mark.parametrize("tool", sorted(FILES))
def test_a_file_that_is_cut_off_is_a_problem(tmp_path, tool):
    name, document = FILES[tool]
    text = json.dumps(document)
    cuts = [len(text) * n // 12 for n in range(1, 12)]
    evidence = load(tmp_path, **{f"{cut}/{name}": text[:cut] for cut in cuts})
    assert "format_failed" not in kinds(evidence)
    spoken = evidence.problems.query("severity == 'error'")["source"].nunique()
    assert spoken == len(cuts)


@pytest.mark.parametrize("examples", [60, at_length(1500)])
def test_an_archive_with_flipped_bytes_stops_no_load(tmp_path, examples):
    _, document = FILES["inspect"]
    data = inspect_ai.archive(inspect_ai.split(document))
    chance = random.Random(examples)
    damaged = {}
    for number in range(examples):
        content = bytearray(data)
        for _ in range(chance.choice([1, 4, 40])):
            content[chance.randrange(len(content))] = chance.randrange(256)
        damaged[f"{number}.eval"] = bytes(content[: chance.choice([len(data), len(data) // 2])])
    evidence = load(tmp_path, **damaged)
    failed = evidence.problems.query("kind == 'format_failed'")
    assert failed[["source", "message"]].to_numpy().tolist() == []
