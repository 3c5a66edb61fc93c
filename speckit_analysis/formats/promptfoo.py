"""Results of promptfoo: a test and a provider is a try.

Written for `promptfoo eval -o out.json`, `-o out.jsonl` and `promptfoo export eval` of promptfoo
0.121.20 (layout version 3). Not read: `.csv`, which has no cost; of other layouts what has the
same names.

- `config.description` becomes `experiment`; the name of the file where there is none, as in
  `.jsonl`.
- `testCase.description` becomes `unit`. Without one, or where several tests have it, the
  variables tell.
- `provider.label`, else `provider.id`, becomes `variant`. Where several are called so, the
  prompt's label, the provider's id and `promptIdx` tell them apart, as far as needed.
- promptfoo does not mark repeats. Equal tests (variables and assertions) are numbered by
  `testIdx`: `repeat`. An eval that was exported again replaces its tries; where another eval has
  them too, `repeat` names the `evalId` as well.
- `score`, else `success`, becomes `outcome`, ratings of people included: 0.5 where half of the
  weighted assertions hold. A result that errored has none.
- `response.cost` becomes `cost_usd`. The `cost` beside it says 0 where none is known.
  `latencyMs` becomes `latency_ms`; `tokenUsage` becomes `prompt_tokens` and `completion_tokens`
  as promptfoo counts them. Whether they hold what was read from a cache depends on the provider.
  What graders took is left out.
- An answer from promptfoo's cache has no cost, tokens or time, and is no new try of the model.
- The types of the assertions become `checked_by`; `human` where a person rated.
- Ratings and comments of people become `reviews` too, 0 to 1 as 0 to 10. Who rated is not known.
- A provider may call several models, so that there are no `calls`; `provider.id` becomes
  `models`.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import Any

import msgspec

from speckit_analysis.formats import EvidenceFile, Format, Rows
from speckit_analysis.formats.file import Amount, Count, Score
from speckit_analysis.formats.outcome import check_count, errored
from speckit_analysis.formats.redaction import shortened

_ERRORED = 2

#: Variables that name a test are cut to so many characters.
_LONGEST = 160

_RATED = "Manual result (overrides"


class Provider(msgspec.Struct, gc=False):
    """A model, or a program of the user's."""

    id: str | None = None
    label: str | None = None


class Prompt(msgspec.Struct, gc=False):
    """A prompt; its label is its text where it has none."""

    label: str | None = None


class TestCase(msgspec.Struct, gc=False):
    """What every provider was asked."""

    description: str | None = None
    vars: dict[str, Any] | None = None
    assertions: list[Any] | None = msgspec.field(name="assert", default=None)


class Response(msgspec.Struct, gc=False):
    """What a provider returned."""

    cost: Amount | None = None
    cached: bool | None = None


class TokenUsage(msgspec.Struct, gc=False):
    """Tokens of a result; those of an answer from the cache are 0."""

    prompt: Count | None = None
    completion: Count | None = None


class Assertion(msgspec.Struct, gc=False):
    """How something was checked."""

    type: str | None = None


class Component(msgspec.Struct, gc=False):
    """What one assertion came to."""

    assertion: Assertion | None = None


class Grading(msgspec.Struct, gc=False, rename="camel"):
    """What all assertions and people came to."""

    reason: str | None = None
    comment: str | None = None
    component_results: list[Component] | None = None


class Result(msgspec.Struct, gc=False, rename="camel", kw_only=True):
    """What a provider made of a test."""

    test_idx: Count
    prompt_idx: Count
    provider: Provider
    test_case: TestCase
    prompt: Prompt = msgspec.field(default_factory=Prompt)
    vars: dict[str, Any] | None = None
    success: bool | None = None
    score: Score | None = None
    failure_reason: int | None = None
    error: str | None = None
    latency_ms: Amount | None = None
    response: Response | None = None
    token_usage: TokenUsage | None = None
    grading_result: Grading | None = None


class Stats(msgspec.Struct, gc=False):
    """How many results promptfoo counts."""

    successes: Count | None = None
    failures: Count | None = None
    errors: Count | None = None


class Results(msgspec.Struct, gc=False):
    """All results of an eval."""

    version: int
    results: list[Result]
    stats: Stats | None = None


class Config(msgspec.Struct, gc=False):
    """What is read of the configuration."""

    description: str | None = None


class Metadata(msgspec.Struct, gc=False):
    """When it was exported."""

    exported_at: str | None = msgspec.field(name="exportedAt", default=None)


class Eval(msgspec.Struct, gc=False):
    """An eval, as it is exported."""

    eval_id: str | None = msgspec.field(name="evalId")
    results: Results
    config: Config | None = None
    metadata: Metadata | None = None


_EVAL = msgspec.json.Decoder(Eval)
_RESULT = msgspec.json.Decoder(Result)


def read(file: EvidenceFile, rows: Rows) -> None:
    """Write an outcome a result, and what people said of it."""
    stem = re.sub(r"\.jsonl?$", "", file.name)
    if file.name.endswith(".jsonl"):
        _write(file, rows, stem, Eval(None, Results(3, [])), list(file.decode_lines(_RESULT)))
        return
    whole = file.decode(_EVAL)
    if whole is None or whole.results is None:
        return
    file.check_version(whole.results.version, (3,), "/results/version")
    placed = [(f"/results/results/{n}", one) for n, one in enumerate(whole.results.results or ())]
    experiment = (whole.config and whole.config.description) or stem
    _write(file, rows, experiment, whole, placed)
    stats = whole.results.stats
    reasons = Counter(result.failure_reason for _, result in placed)
    if stats is None or None in reasons:
        return
    for reason, name in enumerate(("successes", "failures", "errors")):
        stated = getattr(stats, name)
        check_count(file, f"/results/stats/{name}", name, stated, reasons[reason])


def _write(
    file: EvidenceFile,
    rows: Rows,
    experiment: str,
    whole: Eval,
    placed: Iterable[tuple[str, Result]],
) -> None:
    sound = [
        (at, one)
        for at, one in placed
        if None not in (one.test_idx, one.prompt_idx, one.provider, one.test_case)
    ]
    results = [result for _, result in sound]
    variants, units, repeats = _variants(results), _units(results), _repeats(results)
    cached = 0
    for (at, result), unit, repeat in zip(sound, units, repeats, strict=True):
        response, usage = result.response or Response(), result.token_usage or TokenUsage()
        rated, variant = _is_rated(result), variants[result.prompt_idx]
        failed = _broke_off(result)
        if failed:
            errored(file, f"{at}/error", f"{variant} on {unit}", result.error)
        cached += bool(response.cached)
        told = not (failed or response.cached)
        counted = told and (usage.prompt or usage.completion)
        success = None if result.success is None else float(result.success)
        rows.write(
            "outcomes",
            file.number,
            at or "/",
            experiment=experiment,
            unit=unit,
            variant=variant,
            variant_detail=result.provider.id,
            repeat=str(repeat),
            series=whole.eval_id,
            told_at=whole.metadata.exported_at if whole.metadata else None,
            outcome=None
            if failed and not rated
            else success
            if result.score is None
            else result.score,
            cost_usd=response.cost or None if told else None,
            latency_ms=result.latency_ms if told else None,
            prompt_tokens=usage.prompt if counted else None,
            completion_tokens=usage.completion if counted else None,
            models=result.provider.id,
            checked_by=_checkers(result),
        )
        comment = result.grading_result.comment if result.grading_result else None
        if rated or comment:
            rows.write(
                "reviews",
                file.number,
                at or "/",
                experiment=experiment,
                spec_id=unit,
                variant=variant,
                criterion="rating",
                score=_points(result) if rated else None,
                comment=comment or None,
            )
    if cached:
        message = f"{cached} of {len(sound)} answers came from promptfoo's cache"
        action = "cost, tokens and time missing; outcomes taken, though none is a new try"
        file.problem("", "cached_answer", "warning", message, action)


def _variants(results: list[Result]) -> dict[int, str]:
    """Return a name for each place of provider and prompt, by as much as tells it from others."""
    of = {result.prompt_idx: result for result in results}
    names = {at: one.provider.label or one.provider.id or "unknown" for at, one in of.items()}
    for tell in (
        lambda at: of[at].prompt.label,
        lambda at: of[at].provider.id,
        lambda at: f"prompt {at}",
    ):
        used = Counter(names.values())
        names = {
            at: f"{name} ({shortened(said, 60)})" if used[name] > 1 and (said := tell(at)) else name
            for at, name in names.items()
        }
    return names


def _test(result: Result) -> str:
    """Return what makes two tests the same one."""
    told = (_given(result), result.test_case.assertions)
    return msgspec.json.encode(told, order="deterministic").decode()


def _given(result: Result) -> Mapping[str, Any]:
    return result.test_case.vars or result.vars or {}


def _units(results: list[Result]) -> list[str]:
    """Return a name for the test of each result."""
    tests: defaultdict[str, set[str]] = defaultdict(set)
    for result in results:
        tests[result.test_case.description or ""].add(_test(result))
    names = []
    for result in results:
        description = result.test_case.description
        given = ", ".join(f"{name}={value}" for name, value in sorted(_given(result).items()))
        only = len(tests[description or ""]) == 1
        names.append(description if description and only else _joined(description, given))
    return names


def _joined(description: str | None, given: str) -> str:
    if len(given) > _LONGEST:
        # What was cut off must still tell two tests apart.
        given = f"{shortened(given, _LONGEST)}… #{sha256(given.encode()).hexdigest()[:8]}"
    return f"{description} ({given})" if description else given or "test"


def _repeats(results: list[Result]) -> list[int]:
    """Return the number of each try: equal tests of one place, in the order of `testIdx`."""
    order = sorted(range(len(results)), key=lambda at: results[at].test_idx)
    seen: Counter[tuple[int, str | None, str]] = Counter()
    numbers = [0] * len(results)
    for at in order:
        result = results[at]
        key = (result.prompt_idx, result.test_case.description, _test(result))
        seen[key] += 1
        numbers[at] = seen[key]
    return numbers


def _broke_off(result: Result) -> bool:
    """Tell an error from a wrong answer, whose `error` is what an assertion said."""
    if result.failure_reason is not None:
        return result.failure_reason == _ERRORED
    return bool(result.error) and result.grading_result is None


def _is_rated(result: Result) -> bool:
    grading = result.grading_result
    return grading is not None and (
        "human" in _types(grading) or (grading.reason or "").startswith(_RATED)
    )


def _points(result: Result) -> float | None:
    """Return the rating from 0 to 10."""
    score = result.score
    return None if score is None or not 0 <= score <= 1 else 10 * score


def _types(grading: Grading) -> list[str]:
    checked = [one.assertion for one in grading.component_results or () if one.assertion]
    return list(dict.fromkeys(one.type for one in checked if one.type))


def _checkers(result: Result) -> str | None:
    if _is_rated(result):
        return "human"
    return "; ".join(_types(result.grading_result)) or None if result.grading_result else None


def _sniff(content: Mapping[str, Any]) -> bool:
    keys = content.keys()
    return keys >= {"evalId", "results", "config"} or keys >= {
        *("testIdx", "promptIdx", "provider", "testCase")
    }


FORMAT = Format(
    name="promptfoo",
    title="Results of promptfoo",
    endings=(),
    patterns=(),
    read=read,
    sniff=_sniff,
    # What is exported begins so, and is not read twice to tell.
    knows=lambda name, data: (
        name.endswith(".json") and re.match(rb'\s*\{\s*"evalId"\s*:', data) is not None
    ),
    about=__doc__,
)
