"""Results of promptfoo: real ones with their values, and shapes of our own."""

from __future__ import annotations

import json

import pytest
from needs import needs
from other_tools import OTHER_TOOLS, kinds, load, tries

import speckit_analysis as sk
from speckit_analysis.analysis.experiment.decision import decide
from speckit_analysis.plans import planned

TOYS = OTHER_TOOLS / "promptfoo"


def result(test=0, place=0, score=1, **changes):
    names = ("openai:chat:acme-1", "council.py")
    base = {
        "testIdx": test,
        "promptIdx": place,
        "provider": {"id": names[place % 2], "label": ("alone", "together")[place % 2]},
        "prompt": {"label": "plain"},
        "testCase": {"description": "capital", "vars": {"of": "France"}},
        "success": score > 0,
        "score": score,
        "failureReason": int(score == 0),
        "cost": 0.03,
        "latencyMs": 700,
        "response": {"cost": 0.03, "cached": False},
        "tokenUsage": {"prompt": 80, "completion": 9},
        "gradingResult": {
            "reason": "All assertions passed",
            "componentResults": [{"score": score, "assertion": {"type": "equals"}}],
        },
    }
    return base | changes


def exported(*results, version=3, description="capitals", number="eval-1", **changes):
    counted = [sum(one["failureReason"] == reason for one in results) for reason in (0, 1, 2)]
    stats = dict(zip(("successes", "failures", "errors"), counted, strict=True))
    whole = {"evalId": number, "config": {"description": description}}
    whole |= {"results": {"version": version, "results": list(results), "stats": stats}}
    return whole | changes


@needs(TOYS)
@pytest.mark.parametrize(
    ("name", "outcomes", "cost"),
    [
        ("cached", {"solo": (1, 1, 1, 1), "council": (1, 1, 0, 0)}, None),
        ("rated", {"solo": (0, 1, 1, 1), "council": (1, 0.5, 1, 0)}, 0.00015),
    ],
)
def test_the_toy_results_have_their_values(name, outcomes, cost):
    evidence = sk.load(TOYS / f"{name}.json")
    found, costs = tries(evidence, "outcome", "toy sums"), tries(evidence, "cost_usd")
    tokens, times = tries(evidence, "prompt_tokens"), tries(evidence, "latency_ms")
    for variant, values in outcomes.items():
        keys = [(variant, unit, repeat) for unit in ("sum-small", "sum-big") for repeat in "12"]
        assert tuple(found[key] for key in keys) == values
        amount = cost if variant == "solo" else 0.0042
        count = 120 if variant == "council" else 1000 if cost else None
        assert {costs[key] for key in keys} == {amount}
        assert {tokens[key] for key in keys} == {count}
        for repeat in "12":
            broken = (variant, "breaks", repeat)
            assert (found[broken], costs[broken], times[broken]) == (None, None, None)
    assert times["solo", "sum-small", "1"] == (138 if cost else None)
    assert ("cached_answer" in kinds(evidence)) == (name == "cached")


@needs(TOYS)
def test_what_people_said_is_a_review_and_decides_nothing_blind():
    evidence = sk.load(TOYS / "rated.json")
    reviews = evidence.reviews.set_index(["spec_id", "variant"])
    scores = dict(reviews["score"].dropna().items())
    assert scores == {
        ("sum-small", "solo"): 0,
        ("sum-big", "council"): 10,
        ("sum-small", "council"): 5,
    }
    assert "!highlight look again" in set(reviews["comment"])
    decision = decide({name: evidence[name] for name in evidence}, planned(""))
    assert decision.subject is decision.checked
    assert decision.checked.pairs["baseline"].to_dict() == {"sum-big": 0.5, "sum-small": 0.75}
    assert decision.checked.pairs["candidate"].to_dict() == {"sum-big": 1, "sum-small": 0.5}


def test_ratings_without_a_name_take_no_part_in_blind_scores(tmp_path):
    graded = {"comment": "fine", "componentResults": [{"assertion": {"type": "human"}}]}
    rows = [result(n, n % 2, gradingResult=graded, score=n % 2) for n in range(8)]
    evidence = load(tmp_path, out__json=exported(*rows))
    assert evidence.reviews["score"].tolist() == [0, 10] * 4
    assert evidence.reviews["reviewer"].isna().all()
    decision = decide({name: evidence[name] for name in evidence}, planned(""))
    assert decision.subject is decision.checked
    assert set(decision.checked.pairs["candidate"]) | set(decision.checked.pairs["baseline"]) == {
        0,
        1,
    }


def test_repeats_are_numbered_by_test_whatever_the_order_of_rows(tmp_path):
    rows = [result(5, 0, 0), result(2, 1, 0.25), result(2, 0), result(5, 1, 0.75)]
    evidence = load(tmp_path, out__json=exported(*rows))
    assert tries(evidence, "outcome") == {
        ("alone", "capital", "1"): 1,
        ("alone", "capital", "2"): 0,
        ("together", "capital", "1"): 0.25,
        ("together", "capital", "2"): 0.75,
    }


def test_other_tests_of_one_description_and_those_without_one_are_units_of_their_own(tmp_path):
    """Kind: what makes a unit.  Equal variables with other assertions are another test."""
    one = {"description": "capital", "vars": {"of": "France"}, "assert": [{"type": "equals"}]}
    evidence = load(
        tmp_path,
        out__json=exported(
            result(0, testCase=one),
            result(1, testCase={**one, "vars": {"of": "Spain"}}),
            result(2, testCase={"vars": {"of": "Peru", "in": "1900"}}),
            result(3, testCase={}, vars={"of": "Chad"}),
        ),
    )
    assert [unit for _, unit, _ in tries(evidence, "outcome")] == [
        "capital (of=France)",
        "capital (of=Spain)",
        "in=1900, of=Peru",
        "of=Chad",
    ]


def test_long_variables_are_cut_and_still_tell_tests_apart(tmp_path):
    texts = ["word " * 200 + end for end in ("one", "two")]
    rows = [result(n, testCase={"vars": {"text": text}}) for n, text in enumerate(texts)]
    units = [unit for _, unit, _ in tries(load(tmp_path, out__json=exported(*rows)), "outcome")]
    assert len(set(units)) == 2
    assert max(map(len, units)) < 200


@pytest.mark.parametrize(
    ("changes", "names"),
    [
        ([{}, {}], {"alone", "together"}),
        ([{}, {}, {"prompt": {"label": "long"}}], {"alone (plain)", "alone (long)", "together"}),
        ([{}, {}, {}], {"alone (plain) (openai:chat:acme-1) (prompt 0)", "together"}),
        ([{"provider": {"id": "a"}}, {"provider": {"id": "b"}}], {"a", "b"}),
    ],
)
def test_variants_have_names_of_their_own(tmp_path, changes, names):
    rows = [result(0, place, **change) for place, change in enumerate(changes)]
    evidence = load(tmp_path, out__json=exported(*rows))
    found = {variant for variant, _, _ in tries(evidence, "outcome")}
    assert names <= found
    assert len(found) == len(changes)


@pytest.mark.parametrize(
    ("changes", "cost", "tokens"),
    [
        ({"response": {"cost": 0}}, None, 80),
        ({"response": {}}, None, 80),
        ({"tokenUsage": {"prompt": 0, "completion": 0}}, 0.03, None),
        ({"tokenUsage": {}}, 0.03, None),
        ({"response": {"cost": 0.03, "cached": True}}, None, None),
        ({"failureReason": 2, "error": "no route"}, None, None),
    ],
)
def test_a_0_is_not_known(tmp_path, changes, cost, tokens):
    evidence = load(tmp_path, out__json=exported(result(**changes)))
    assert list(tries(evidence, "cost_usd").values()) == [cost]
    assert list(tries(evidence, "prompt_tokens").values()) == [tokens]


def test_an_error_that_a_person_rated_counts_as_rated(tmp_path):
    graded = {"reason": "Manual result (overrides all other grading results)"}
    rows = [result(0, failureReason=2, gradingResult=graded, score=0.5), result(1, failureReason=2)]
    evidence = load(tmp_path, out__json=exported(*rows))
    assert list(tries(evidence, "outcome").values()) == [0.5, None]
    assert evidence.outcomes["checked_by"].tolist() == ["human", "equals"]


def test_an_eval_that_was_exported_later_counts_whatever_the_files_are_called(tmp_path):
    early = {"metadata": {"exportedAt": "2026-01-01T10:00:00.000Z"}}
    late = {"metadata": {"exportedAt": "2026-01-01T10:00:00+00:01"}}  # a minute before
    evidence = load(
        tmp_path,
        a__json=exported(result(score=0.25), **early),
        b__json=exported(result(score=0.75), **late),
    )
    assert list(tries(evidence, "outcome").values()) == [0.25]
    other = load(tmp_path, c__json=exported(result(), number="eval-2"))
    assert sorted(tries(other, "outcome").items()) == [
        (("alone", "capital", "1 (eval-1)"), 0.25),
        (("alone", "capital", "1 (eval-2)"), 1),
    ]


def test_without_a_reason_an_error_without_a_grading_broke_off(tmp_path):
    wrong = result(0, score=0, error="expected Paris") | {"failureReason": None}
    broken = result(1, score=0, error="no route", gradingResult=None) | {"failureReason": None}
    evidence = load(tmp_path, out__json=exported(wrong, broken))
    assert list(tries(evidence, "outcome").values()) == [0, None]
    assert kinds(evidence) == ["errored_result"]


def test_lines_are_read_too(tmp_path):
    text = "\n".join(json.dumps(result(n, n % 2)) for n in range(4)) + '\n{"testIdx": 4, "prom'
    evidence = load(tmp_path, out__jsonl=text)
    assert set(evidence.outcomes["experiment"]) == {"out"}
    assert len(tries(evidence, "outcome")) == 4
    assert kinds(evidence) == ["invalid_json"]


def test_another_layout_and_totals_that_contradict_are_told(tmp_path):
    whole = exported(result(), version=4)
    whole["results"]["stats"]["successes"] = 7
    evidence = load(tmp_path, out__json=whole)
    assert list(tries(evidence, "outcome").values()) == [1]
    assert kinds(evidence) == ["rate_contradicts_counts", "unknown_schema_version"]


@pytest.mark.parametrize(
    "content",
    ['{"evalId": "x"}', '{"evalId": "x", "results": {"version": 2, "table": {}}}', '{"evalId":'],
)
def test_what_cannot_be_read_is_a_problem(tmp_path, content):
    evidence = load(tmp_path, out__json=content)
    assert evidence.outcomes.empty
    assert kinds(evidence)
    assert "format_failed" not in kinds(evidence)
