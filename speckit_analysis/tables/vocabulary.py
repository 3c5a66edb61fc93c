"""The field's names: the values of closed lists, and one spelling of agents, models and makers.

Every table of aliases is explicit.  Nothing is merged because it looks alike: ``gpt_low``
and ``gpt5-low`` are different configurations that ran side by side.  What is unknown stays
as it was written, and the loader files a problem.
"""

from __future__ import annotations

import re
from functools import lru_cache

#: The stages of a SPEC in the order in which they are worked on.
STAGES = ("specify", "plan", "tasks", "implement", "validate", "audit", "unlock")

#: Checks between stages that agents answer like a stage; ordered after the stages.
QUALITY_GATES = ("quality-gate-clarify", "quality-gate-checklist", "quality-gate-analyze")

STATUSES = ("ok", "degraded", "conflict", "error")

#: Where a row comes from, best first.  Analyses use ``measured`` rows by default.
PROVENANCES = (
    "measured",
    "stale_copy",
    "role_played",
    "hand_written",
    "fixture",
    "stub",
    "template",
)

#: What a proposal's content is.  Analyses use ``structured`` proposals by default.
PAYLOAD_CLASSES = (
    "structured",
    "unresolved_template",
    "schema_echo",
    "transcript",
    "terminal_dump",
    "free_text",
    "stub",
    "error",
    "empty",
)

#: Classes whose content is an answer, which can be held against another agent's.
ANSWERS = ("structured", "free_text")

SEVERITIES = ("info", "warning", "error")

#: Categories whose order means something; frames carry them as ordered categoricals.
ORDERED_CATEGORIES: dict[str, tuple[str, ...]] = {
    "stage": STAGES + QUALITY_GATES,
    "status": STATUSES,
    "provenance": PROVENANCES,
    "payload_class": PAYLOAD_CLASSES,
    "severity": SEVERITIES,
}

_ANSWER_FIELDS = {
    "verdict": "decision recommendation verdict readiness overall_status",
    "tasks": "tasks validated_tasks work_breakdown approach checklist steps",
    "next": (
        "followups follow_ups next_actions todo todos open_items pending_work action_items "
        "remediation conditions safeguards"
    ),
    "risks": "risks edge_cases compliance_flags",
    "changes": (
        "operations code_paths surfaces diff_proposals diff_suggestions recent_changes "
        "implementation_notes unlock_notes"
    ),
    "checks": (
        "tests test_commands validation_plan validation_notes scenarios analysis checks "
        "evidence telemetry audit_notes"
    ),
    "acceptance": "acceptance_mapping acceptance_coverage",
    "requirements": "requirements",
    "issues": "issues questions missing_items",
    "research": "research_summary research",
}
#: Fields of answers by what they are asked for.
ANSWER_FIELDS = {name: kind for kind, names in _ANSWER_FIELDS.items() for name in names.split()}

#: An unexpanded template literal such as ``${stage}``.
TEMPLATE_LITERAL = re.compile(r"\$\{[A-Za-z_][A-Za-z0-9_]*\}")

#: What a reviewer says who has no guess which variant it is.
NO_GUESS = "do not know"

#: What an arbiter's change made of an output, best first.
ASSESSMENTS = ("improvement", "neutral", "degradation")

#: The roles that upstream calls.  Other names are configurations of these, or foreign.
AGENTS = ("gemini", "claude", "gpt_pro", "gpt_codex", "code")

_AGENT_ALIASES = {"gpt-pro": "gpt_pro", "gpt-codex": "gpt_codex"}

#: Names of agent configurations, and the model that each stands for.
AGENT_CONFIGURATIONS = {
    "gemini-25-flash": "gemini-2.5-flash",
    "gemini-25-flashlite": "gemini-2.5-flash-lite",
    "gemini-25-pro": "gemini-2.5-pro",
    "gemini_flash": "gemini-2.5-flash",
    "claude_haiku": "claude-haiku-4-5",
    "claude-haiku-45": "claude-haiku-4-5",
    "claude-sonnet-45": "claude-sonnet-4-5",
    "claude-opus-41": "claude-opus-4-1",
    "gpt5-high": "gpt-5",
    "gpt5-low": "gpt-5",
    "gpt5-minimal": "gpt-5",
    "gpt_low": "gpt-5",
    "gpt-4o-mini": "gpt-4o-mini",
}

#: Models that a bare family name means: those that upstream's configurations ran under it.
MODEL_FAMILIES = {
    "flash": "gemini-2.5-flash",
    "haiku": "claude-haiku-4-5",
    "opus": "claude-opus-4-1",
    "sonnet": "claude-sonnet-4-5",
}

_STAGE_PREFIX = re.compile(r"^(?:spec[-_]ops[-_]|spec[-_]|guardrail[.-]|/?speckit\.)")
_GATE_PREFIX = re.compile(r"^quality-gate-")
_STAGE_OF_GATE = {gate.removeprefix("quality-gate-"): gate for gate in QUALITY_GATES}

_PROVIDER_BY_PREFIX = (
    ("claude", "anthropic"),
    ("gemini", "google"),
    ("gpt", "openai"),
    ("codex", "openai"),
    ("chatgpt", "openai"),
    ("o1", "openai"),
    ("o3", "openai"),
    ("o4", "openai"),
    ("qwen", "alibaba"),
    ("glm", "zhipuai"),
    ("deepseek", "deepseek"),
    ("mistral", "mistral"),
    ("grok", "x-ai"),
)
_MODEL_PREFIX = re.compile(
    r"^(?:(?:models|openai|anthropic|google|gemini|vertex_ai|azure|bedrock|openrouter|x-ai"
    r"|deepseek|mistralai|qwen|z-ai)/)*(?:(?:us|eu|apac|global)\.)?(?:anthropic\.)?"
)
_MODEL_SUFFIX = re.compile(r"(?:\[1m\]|-latest|[@-]\d{8}|-\d{4}-\d{2}-\d{2}|-v\d+:\d+)+$")
_CLAUDE_VERSION_FIRST = re.compile(r"^claude-(\d)[.-](\d)-(opus|sonnet|haiku)$")
_GEMINI_VERSION_LAST = re.compile(r"^gemini-(pro|flash|flash-lite)-(\d(?:\.\d)?)$")
_CLAUDE_DOTTED = re.compile(r"^claude-(opus|sonnet|haiku)-(\d)\.(\d)$")

# Words that stand where a model id should, but name no model.
_NOT_A_MODEL = {"gemini", "claude", "gpt", "codex", "code-cli", "stub-model", "unknown", ""}


@lru_cache(maxsize=4096)
def normalise_stage(raw: str | None) -> str | None:
    """Return the stage that `raw` names; an unknown one as it stands, a literal as None.

    >>> [normalise_stage(s) for s in ("spec-ops-plan", "guardrail.plan", "/speckit.plan", "Plan")]
    ['plan', 'plan', 'plan', 'plan']
    >>> normalise_stage("quality-gate-clarify")
    'quality-gate-clarify'
    """
    if raw is None or TEMPLATE_LITERAL.search(raw):
        return None
    name = raw.strip().lower()
    bare = _STAGE_PREFIX.sub("", name)
    if bare in STAGES:
        return bare
    bare = _GATE_PREFIX.sub("", bare)
    return _STAGE_OF_GATE.get(bare, name or None)


@lru_cache(maxsize=4096)
def normalise_agent(raw: str | None) -> str | None:
    """Return the agent that `raw` names; configurations keep their own name.

    >>> normalise_agent("gpt-codex"), normalise_agent("gpt5-low"), normalise_agent("${AGENT}")
    ('gpt_codex', 'gpt5-low', None)
    """
    if raw is None or TEMPLATE_LITERAL.search(raw):
        return None
    name = raw.strip().lower()
    return _AGENT_ALIASES.get(name, name or None)


@lru_cache(maxsize=4096)
def normalise_model(raw: str | None) -> str | None:
    """Return the model id that `raw` spells, or None where it names no model.

    >>> normalise_model("claude-4.5-sonnet"), normalise_model("claude-haiku-4-5-20251001")
    ('claude-sonnet-4-5', 'claude-haiku-4-5')
    >>> normalise_model("models/gemini-2.5-pro"), normalise_model("gemini")
    ('gemini-2.5-pro', None)
    >>> normalise_model("us.anthropic.claude-opus-4-1-20250805-v1:0"), normalise_model("sonnet")
    ('claude-opus-4-1', 'claude-sonnet-4-5')
    """
    if raw is None or TEMPLATE_LITERAL.search(raw):
        return None
    name = _MODEL_SUFFIX.sub("", _MODEL_PREFIX.sub("", raw.strip().lower()))
    name = MODEL_FAMILIES.get(name, AGENT_CONFIGURATIONS.get(name, name))
    name = _CLAUDE_VERSION_FIRST.sub(r"claude-\3-\1-\2", name)
    name = _GEMINI_VERSION_LAST.sub(r"gemini-\2-\1", name)
    name = _CLAUDE_DOTTED.sub(r"claude-\1-\2-\3", name)
    return None if name in _NOT_A_MODEL else name


@lru_cache(maxsize=4096)
def provider_of(model_or_agent: str | None) -> str | None:
    """Return the maker of a model, or of the models that an agent stands for.

    >>> provider_of("claude-sonnet-4-5"), provider_of("gpt_pro"), provider_of("code")
    ('anthropic', 'openai', None)
    """
    if model_or_agent is None:
        return None
    name = model_or_agent.lower()
    return next((maker for prefix, maker in _PROVIDER_BY_PREFIX if name.startswith(prefix)), None)


def is_known_stage(raw: str | None) -> bool:
    """Tell whether `raw`, in any spelling, names a stage or a quality gate."""
    return normalise_stage(raw) in (*STAGES, *QUALITY_GATES)


def is_known_agent(agent: str) -> bool:
    """Tell whether `agent` (normalised) is a role or configuration that upstream defines."""
    return agent in AGENTS or agent in AGENT_CONFIGURATIONS
