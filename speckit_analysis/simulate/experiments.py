"""Experiments of a known truth: an arbiter, a research model, and variants of a guardrail."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from random import Random

from speckit_analysis.run import Label, judge
from speckit_analysis.simulate.design import Design
from speckit_analysis.simulate.documents import Document, Json
from speckit_analysis.simulate.reviewers import half_point
from speckit_analysis.simulate.topics import TEXTS

#: Names of the experiments.
ARBITER, RESEARCH, GUARDRAIL = "arbiter-value", "research-model", "guardrail-variants"

#: Variants of the research experiment, and of the guardrail that are not the schema's own.
WITH_RESEARCH, WITHOUT_RESEARCH = "research_model", "no_research_model"
TWO_MODELS, SAME_MODEL = "two_models", "same_model"

#: Outcomes that an arbiter saw for each SPEC and stage.
CASES = 3

#: Valid outputs for each invalid one.
_VALID_FOR_INVALID = 3

_REVIEWERS = ("R1", "R2", "R3")
_CRITERIA = ("completeness", "correctness", "clarity", "actionability")
_CHANGES = ("correctness", "scope", "risk", "style")

#: Milliseconds, USD and minutes of upkeep that a trial takes, by variant.
_BURDEN = {TWO_MODELS: (4200, 0.011, 1.5), SAME_MODEL: (2300, 0.006, 1.2), "schema": (2, 0.0, 0.3)}


def experiment_documents(design: Design) -> Iterator[Document]:
    """Yield the records of the arbiter and of the research model."""
    if not design.experiments:
        return
    random = Random(f"{design.seed} experiments")
    yield _lines("all_arbitrations", "arbitration", ARBITER, _arbitrations(design, random))
    yield _lines("all.research", "research", RESEARCH, _research(design, random))
    yield _lines("all_reviews", "review", RESEARCH, _plans(design, random))


def _lines(name: str, family: str, experiment: str, records: Iterable[Json]) -> Document:
    path = f"experiments/{experiment}/{name}.jsonl"
    return Document(path, family, list(records), lines=True)


def _arbitrations(design: Design, random: Random) -> Iterator[Json]:
    """Yield what the arbiter did; changes are worth what the design says on average."""
    for spec in design.spec_ids:
        for stage in design.stages:
            worth = design.arbiter_worth.get(stage, 0.0)
            for _ in range(CASES):
                yield _arbitration(spec, stage, worth, random)


def _arbitration(spec: str, stage: str, worth: float, random: Random) -> Json:
    drawn = random.random()
    # An idle arbiter changes as many outcomes for the worse as for the better.
    down = 0.05
    assessment = None
    if drawn < worth + down:
        assessment = "improvement"
    elif drawn < worth + 2 * down:
        assessment = "degradation"
    elif drawn < worth + 2 * down + 0.1:
        assessment = "neutral"
    caught = int(assessment == "improvement") + int(random.random() < worth / 2)
    record: Json = {
        "experiment": ARBITER,
        "spec_id": spec,
        "stage": stage,
        "variant": "arbiter",
        "arbiter_invoked": True,
        "arbiter_override": assessment is not None,
    }
    if assessment is not None:
        record |= {
            "override_type": random.choice(_CHANGES),
            "override_description": f"Changed the {stage} of {spec}.",
            "reviewer_assessment": assessment,
        }
    return record | {
        "errors_caught": caught,
        "false_positives": int(assessment == "degradation") + int(random.random() < 0.08),
        "reviewer": random.choice(_REVIEWERS),
        "cost_usd": round(0.03 * random.lognormvariate(0, 0.3), 4),
        "latency_ms": round(9000 * random.lognormvariate(0, 0.3)),
    }


def _research(design: Design, random: Random) -> Iterator[Json]:
    for spec in design.spec_ids:
        findings = random.sample(TEXTS.findings, len(TEXTS.findings))
        for variant, share in ((WITH_RESEARCH, 1.0), (WITHOUT_RESEARCH, 1 - design.research_loss)):
            number = sum(random.random() < 0.6 * share for _ in findings)
            own = variant == WITH_RESEARCH
            yield {
                "experiment": RESEARCH,
                "spec_id": spec,
                "stage": "plan",
                "variant": variant,
                "model": "gemini-2.5-pro" if own else "claude-4.5-sonnet",
                "findings": [_finding(text, random) for text in random.sample(findings, number)],
                "reviewer": "R1",
                "prompt_tokens": round((90_000 if own else 40_000) * random.lognormvariate(0, 0.6)),
                "tool_calls": round((9 if own else 6) * random.lognormvariate(0, 0.3)),
            }


def _finding(text: str, random: Random) -> Json:
    cited = f"docs/{text.split()[1].lower()}.md"
    found: Json = {"finding": f"{text}.", "relevance": half_point(random.gauss(6.5, 1.8))}
    return found | ({"source": cited} if random.random() < 0.8 else {})


def _plans(design: Design, random: Random) -> Iterator[Json]:
    """Yield blind scores of the plans made with and without the research model."""
    for spec in design.spec_ids:
        level = random.gauss(7.0, 0.7)
        size = random.lognormvariate(0, 0.3)
        for variant, gain, share in (
            (WITH_RESEARCH, design.research_gain, 1.0),
            (WITHOUT_RESEARCH, 0.0, 0.72),
        ):
            own = level + gain + random.gauss(0, 0.3)
            made = {
                "total_cost_usd": round(0.15 * share * size * random.lognormvariate(0, 0.1), 4),
                "total_time_seconds": round(
                    100 * share**0.5 * size * random.lognormvariate(0, 0.15), 1
                ),
            }
            for reviewer in _REVIEWERS:
                scores = {name: half_point(own + random.gauss(0, 0.5)) for name in _CRITERIA}
                yield {
                    "experiment": RESEARCH,
                    "spec_id": spec,
                    "stage": "plan",
                    "variant": variant,
                    "reviewer": reviewer,
                    "quality_scores": scores,
                    **made,
                }


def trials(
    folder: Path, documents: list[Document], damage: Mapping[str, str], design: Design
) -> Document | None:
    """Return what three variants of a guardrail say of outputs, the damaged ones among them.

    Two variants are drawn with the error rates of the design; the third is the schema validator
    itself, run over the files.  Its latency is drawn, so that the same design gives the same bytes.
    """
    random = Random(f"{design.seed} trials")
    invalid = sorted(path for path in damage if not path.startswith("archive/"))
    families = {document.family for document in documents if document.path in damage}
    sound = sorted(d.path for d in documents if d.family in families and d.path not in damage)
    valid = random.sample(sound, min(len(sound), _VALID_FOR_INVALID * len(invalid)))
    if not design.experiments or not invalid:
        return None
    labels = {}
    for document in sorted(documents, key=lambda document: document.path):
        if document.path in {*invalid, *valid}:
            run = document.run
            whose = (run.spec, run.stage) if run else (None, None)
            labels[document.path] = Label(document.path not in damage, *whose)
    rows = [
        _trial(variant, output, label, _passed(variant, label, design, random), random)
        for variant in (TWO_MODELS, SAME_MODEL)
        for output, label in labels.items()
    ]
    for trial in judge(folder, labels, GUARDRAIL):
        record = _trial("schema", trial.output, labels[trial.output], trial.passed, random)
        rows.append(record | ({"reason": trial.reason} if trial.reason else {}))
    return _lines("all_trials", "trial", GUARDRAIL, rows)


def _passed(variant: str, label: Label, design: Design, random: Random) -> bool:
    stopped, missed = design.guardrail_errors[variant]
    return random.random() >= stopped if label.valid else random.random() < missed


def _trial(variant: str, output: str, label: Label, passed: bool, random: Random) -> Json:
    latency, cost, upkeep = _BURDEN[variant]
    record: Json = {"experiment": GUARDRAIL, "variant": variant, "output": output}
    record |= {"spec_id": label.spec_id, "stage": label.stage} if label.spec_id else {}
    record |= {"valid": label.valid, "passed": passed}
    return record | {
        "latency_ms": round(latency * random.lognormvariate(0, 0.3), 1),
        "cost_usd": round(cost * random.lognormvariate(0, 0.2), 5),
        "upkeep_minutes": round(upkeep * random.lognormvariate(0, 0.3), 1),
    }
