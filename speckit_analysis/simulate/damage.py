"""Damage of every kind that real evidence has, done to one document each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from json import dumps
from typing import Any

from speckit_analysis.simulate.documents import Document, Json, written
from speckit_analysis.simulate.history import Run

#: Returns the damaged content: an object, a text or bytes.
Change = Callable[[Json, Document], Any]


@dataclass(frozen=True)
class Damage:
    """One kind of damage.

    Parameters
    ----------
    family
        What kind of file is damaged.
    problem
        Kind of the problem that loading is to find.
    apply
        Returns the damaged content: an object, a text or bytes.
    fits
        Tells whether a document can be damaged in this way.
    copied
        The document stays as it is, and a copy is put into ``archive/``.
    rows
        By how many rows the tables change: what is lost, or stands there too much.
    follows
        Further problems that the damage of a document brings about.
    """

    family: str
    problem: str
    apply: Change
    fits: Callable[[Document], bool] = lambda document: True
    copied: bool = False
    rows: Callable[[Document], Mapping[str, int]] = lambda document: {}
    follows: Callable[[Document], Mapping[str, int]] = lambda document: {}


def _unchanged(content: Any, _: Document) -> Any:
    return content


def _set(**changes: Any) -> Change:
    """Return a change that gives some fields of a document other values."""
    return lambda content, _: content | changes


def _set_consensus(**changes: Any) -> Change:
    return lambda content, _: content | {"consensus": content["consensus"] | changes}


def _set_first_call(**changes: Any) -> Change:
    def apply(content: Json, _: Document) -> Json:
        first, *others = content["consensus"]["agents"]
        return content | {
            "consensus": content["consensus"] | {"agents": [first | changes, *others]}
        }

    return apply


def _no_proposal(_: Document) -> Mapping[str, int]:
    return {"proposals": -1}


def _no_answer(document: Document) -> Mapping[str, int]:
    return {"ok_over_failed_agents": int(_run_of(document).status == "ok")}


def _other_cost(document: Document) -> Mapping[str, int]:
    return {"totals_differ": 1, "metrics_differ": int(_run_of(document).metrics)}


def _of_another_stage(document: Document) -> Mapping[str, int]:
    return {"other_stage": int(document.content["stage"] != f"spec-{_run_of(document).stage}")}


def _run_of(document: Document) -> Run:
    assert document.run is not None  # noqa: S101 - what is damaged here belongs to a run
    return document.run


def _sound(document: Document) -> bool:
    """Tell whether a document is of a run that nothing else is special about."""
    run = document.run
    return run is not None and not run.stub and not any(call.failed for call in run.calls)


def _sound_answer(document: Document) -> bool:
    return _sound(document) and not document.content.get("error")


def _failed_run(document: Document) -> bool:
    return document.run is not None and document.run.status == "degraded"


def _agreed(document: Document) -> bool:
    return _sound(document) and not _run_of(document).disagreements


def _disputed(document: Document) -> bool:
    return _sound(document) and bool(_run_of(document).disagreements)


def _truncated(content: Json, _: Document) -> bytes:
    text = dumps(content, indent=2)
    return text[: len(text) * 2 // 3].encode()


def _unescaped_quote(content: Json, _: Document) -> bytes:
    text = dumps(content, indent=2)
    return text.replace("scope and style checked", 'the "scope" was checked').encode()


def _missing_field(content: Json, _: Document) -> Json:
    return {name: value for name, value in content.items() if name != "command"}


def _wrong_total(content: Json, document: Document) -> Json:
    total = content["consensus"]["total_cost_usd"]
    return _set_consensus(total_cost_usd=round(total * 2, 6))(content, document)


def _contradicting_time(content: Json, document: Document) -> Json:
    return content | {"timestamp": written(_run_of(document).start.replace(year=2026))}


def _metrics_differ(content: Json, _: Document) -> Json:
    return content | {"prompt_tokens": content["prompt_tokens"] + 1000}


def _schema_echo(content: Json, _: Document) -> Json:
    schema = {"research_summary": [{"topic": "string", "details": "string"}], "risks": ["string"]}
    return {"stage": content["stage"], "agent": content["agent"]} | schema


def _secret(content: Json, _: Document) -> Json:
    capture = "".join(f"export SETTING_{n}=value{n}\n" for n in range(5))
    capture += "export OPENAI_API_KEY=sk-simulated-0000000000000000\n"
    first, *others = content["proposals"]
    return content | {"proposals": [first | {"content": capture}, *others]}


def _invalid_utf8(content: Json, _: Document) -> bytes:
    return dumps(content, indent=2).encode().replace(b'"details": "', b'"details": "\xfc', 1)


def _hand_written(content: Json, _: Document) -> Json:
    even = {"input_tokens": 5000, "output_tokens": 1000, "cost_usd": 0.05}
    return content | {"breakdown": [{"agent": name, **even} for name in content["per_model"]]}


#: Every kind of damage by its name.
DAMAGE: dict[str, Damage] = {
    "truncated": Damage("output", "invalid_json", _truncated, _sound_answer, rows=_no_proposal),
    "unescaped_quote": Damage("guardrail", "invalid_json", _unescaped_quote, _sound),
    "empty": Damage("output", "empty_file", lambda *_: b"", _sound_answer, rows=_no_proposal),
    "template_literal": Damage(
        "guardrail",
        "template_literal",
        _set(specId="${SPEC_ID}", sessionId="${SESSION}"),
        _sound,
        follows=lambda _: {"template_literal": 1},  # there are two of them
    ),
    "unknown_version": Damage(
        "telemetry", "unknown_schema_version", _set(schemaVersion="3.0"), _sound
    ),
    "missing_field": Damage("telemetry", "missing_field", _missing_field, _agreed),
    "mistyped_field": Damage(
        "telemetry", "mistyped_field", _set_first_call(latency_ms="12 seconds"), _agreed
    ),
    "ok_over_failed": Damage(
        "telemetry", "ok_over_failed_agents", _set_consensus(status="ok"), _failed_run
    ),
    "flag_without_points": Damage(
        "telemetry", "flag_without_points", _set_consensus(disagreement_detected=True), _agreed
    ),
    "points_without_flag": Damage(
        "telemetry", "points_without_flag", _set_consensus(disagreement_detected=False), _disputed
    ),
    "zero_cost": Damage(
        "telemetry", "zero_cost", _set_first_call(cost_usd=0.0), _agreed, follows=_other_cost
    ),
    "wrong_total": Damage("telemetry", "totals_differ", _wrong_total, _agreed),
    "contradicting_time": Damage("lifecycle", "timestamps_contradict", _contradicting_time),
    "metrics_differ": Damage("metrics", "metrics_differ", _metrics_differ, _sound),
    "stale_copy": Damage(
        "output", "shared_payload", _unchanged, _sound_answer, follows=_of_another_stage
    ),
    "duplicate": Damage(
        "baseline", "duplicate", _unchanged, copied=True, rows=lambda _: {"files": 1}
    ),
    "schema_echo": Damage(
        "output", "unusable_proposal", _schema_echo, _sound_answer, follows=_no_answer
    ),
    "secret": Damage("verdict", "unusable_proposal", _secret, _sound),
    "not_a_number": Damage(
        "telemetry", "not_a_number", _set_consensus(total_cost_usd=float("nan")), _agreed
    ),
    "invalid_utf8": Damage("output", "encoding", _invalid_utf8, _sound_answer),
    "hand_written": Damage(
        "cost",
        "hand_written",
        _hand_written,
        lambda document: "per_model" in document.content,
        rows=lambda document: {"costs": len(document.content["breakdown"])},
        follows=lambda _: {"totals_differ": 1},
    ),
}
