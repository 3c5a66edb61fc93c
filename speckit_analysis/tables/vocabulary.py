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

#: A sequence that colours a terminal or moves its cursor.
ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")

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

_MAKER = tuple(
    (re.compile(rf"(?:{names})(?![a-z])"), maker)
    for names, maker in (
        ("claude", "anthropic"),
        ("gemini|gemma", "google"),
        (r"(?:ft:)?gpt|codex|chatgpt|o[134](?!\d)", "openai"),
        ("glm", "z-ai"),
        ("kimi|moonshot", "moonshotai"),
        ("grok", "x-ai"),
        ("deepseek", "deepseek"),
        ("qwen|qwq|qvq", "qwen"),
        ("llama|muse", "meta"),
        ("(?:open-)?(?:mi|mini|code|dev|magi|pix|vox)stral|(?:open-)?mixtral", "mistral"),
        ("minimax", "minimax"),
        ("command(?=-)", "cohere"),
        ("nova(?=-)", "amazon"),
    )
)

# What stands before a model: who serves it, and the folders of their APIs.
_SERVED_BY = re.compile(
    r"^(?:arn:aws[\w-]*:bedrock:[^/]*:(?:inference-profile|foundation-model)/"
    r"|.*?publishers/[^/]+/models/|.*?deployments/|accounts/\w+/models/"
    r"|(?:models|vertex_ai|azure|azure_ai|bedrock|openrouter|litellm|gemini|converse|responses)/)+"
)
_BEDROCK_MAKER = re.compile(
    r"^(?:(?:us|us-gov|eu|apac|global|jp|au|ca|sa)\.)?"
    r"(?:anthropic|amazon|meta|mistral|qwen|openai|moonshot|moonshotai|minimax|cohere|zai|google)\."
)
_SHOWN_MAKER = re.compile(r"^[\w. -]+:\s+")  # "Anthropic: Claude Sonnet 4.5"
_BRACKETS = re.compile(r"(?<!\s)\s*+\(([^()]*)\)$")
_BLANKS = re.compile(r"[\s\u2010-\u2013]+")

# What stands behind it: releases, how much it was to think, how it was served at the same price.
_TAILS = (
    (
        re.compile(
            r"(?:\[1m\]|[@-]\d{8}|-\d{4}-\d{2}-\d{2}|@[\w.-]+|(?<!claude)-v?\d+:\d+(?::\d+k)?"
            r"|(?<=sonnet)-v2|:(?:nitro|floor|online|beta|exacto|thinking))$"
        ),
        "",
    ),
    (re.compile(r"^(?=\D*\d)(.*)-latest$"), r"\1"),
    (
        re.compile(
            r"^((?:gpt|o\d|claude|gemini|codex|grok)\b.*)"
            r"-(?:none|minimal|low|medium|high|xhigh|thinking)$"
        ),
        r"\1",
    ),
)
#: Releases that never had the price of the model that they are one of.
_PRICED_APART = {"gpt-4o-2024-05-13"}

# One spelling of families and versions, in turn.
_SPELLINGS = tuple(
    (re.compile(pattern), spelled)
    for pattern, spelled in (
        (r"^gpt(?=\d)", "gpt-"),
        (r"^gpt-35(?=-)", "gpt-3.5"),
        (r"^gpt-(\d)-(\d)(?=-\D|$)", r"gpt-\1.\2"),
        (r"^(?=(?:opus|sonnet|haiku)-?\d)", "claude-"),
        (r"^claude-(\d)[.-](\d)-(opus|sonnet|haiku)$", r"claude-\3-\1-\2"),
        (r"^claude-([4-9])-(opus|sonnet|haiku)$", r"claude-\2-\1"),
        (r"^claude-(opus|sonnet|haiku)-?(\d)[.-]?(\d)$", r"claude-\1-\2-\3"),
        (r"^claude-(opus|sonnet|haiku)-(\d)-0$", r"claude-\1-\2"),
        (r"^gemini-(\d)(\d)-", r"gemini-\1.\2-"),
        (r"flashlite\b", "flash-lite"),
        (r"^gemini-(pro|flash|flash-lite)-(\d(?:\.\d)?)$", r"gemini-\2-\1"),
        (r"^(gemini-.+)-00\d$", r"\1"),
        (r"^deepseek\.", "deepseek-"),
    )
)

# Words that stand where a model id should, but name no model.
_NOT_A_MODEL = {
    *("gemini", "claude", "gpt", "codex", "code-cli", "stub-model", "unknown", ""),
    *("chatgpt", "glm", "kimi", "grok", "deepseek", "qwen", "llama", "mistral", "minimax"),
    *("auto", "default", "none"),
}

# A model's name within a sentence: its family, and the words that may belong to it.
_WORDS = (
    r"(?:[ ](?:opus|sonnet|haiku|instant|pro|flash[- ]lite|flash|lite|mini|nano|codex|max|turbo"
    r"|air|coder|chat|large|medium|small|fast|code|instruct|preview|thinking|[kvrm]\d[\d.]*|\d+b)\b)*"
)
_IN_TEXT = re.compile(
    r"(?:(?<![a-z0-9])(?:claude|chatgpt|gpt|codex|gemini|gemma|glm|kimi|grok|deepseek|qwen\d?|llama"
    r"|(?:mi|mini|code|dev|magi)stral|mixtral|minimax)(?![a-z])|(?<![\w.-])o[134](?![a-z0-9.]))"
    rf"[-\w.:@]*{_WORDS}(?:[ ]\d(?:\.\d)?\b(?![,%]))?{_WORDS}(?:[ ]\(\w+\))?"
)


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
    >>> normalise_model("Gemini 2.5 Flash-Lite"), normalise_model("gpt-5-codex (high)")
    ('gemini-2.5-flash-lite', 'gpt-5-codex')
    >>> normalise_model("z-ai/glm-4.5-air:free"), normalise_model("acme/house-1")
    ('glm-4.5-air:free', 'acme/house-1')
    """
    if raw is None or TEMPLATE_LITERAL.search(raw):
        return None
    name = _SHOWN_MAKER.sub("", raw.strip().lower())
    name = _BRACKETS.sub(lambda m: ":free" if m[1] == "free" else f"-{m[1]}", name)
    name = _BEDROCK_MAKER.sub("", _SERVED_BY.sub("", _BLANKS.sub("-", name)))
    model = name.rpartition("/")[2]
    if provider_of(model) or model in _NOT_A_MODEL:
        name = model
    before = ""
    while name != before and name not in _PRICED_APART:
        before = name
        for pattern, kept in _TAILS:
            name = pattern.sub(kept, name)
    name = MODEL_FAMILIES.get(name, AGENT_CONFIGURATIONS.get(name, name))
    for pattern, spelled in _SPELLINGS:
        name = pattern.sub(spelled, name)
    return None if name in _NOT_A_MODEL else name


def model_in(text: str) -> str | None:
    """Return the model that a line of a bill or a sentence names, or None.

    >>> model_in("gpt-5-2025-08-07, input"), model_in("Claude Sonnet 4.5 Usage - Input Tokens")
    ('gpt-5', 'claude-sonnet-4-5')
    >>> model_in("Generate content output token count gemini 2.5 flash lite"), model_in("Veo3")
    ('gemini-2.5-flash-lite', None)
    """
    words = text.strip().lower()
    if re.fullmatch(r"[\w.-]+/[\w.:@-]*\d[\w.:@-]*", words):  # maker/model
        return normalise_model(words)
    found = _IN_TEXT.search(words)
    return normalise_model(found[0].rstrip(".-:")) if found else None


@lru_cache(maxsize=4096)
def provider_of(model_or_agent: str | None) -> str | None:
    """Return the maker of a model, or of the models that an agent stands for.

    >>> provider_of("claude-sonnet-4-5"), provider_of("gpt_pro"), provider_of("code")
    ('anthropic', 'openai', None)
    >>> provider_of("glm-4.6"), provider_of("acme/house-1")
    ('z-ai', 'acme')
    """
    if model_or_agent is None:
        return None
    name = model_or_agent.lower()
    maker = next((maker for names, maker in _MAKER if names.match(name)), None)
    return maker or name.rpartition("/")[0].rpartition("/")[2] or None


def is_known_stage(raw: str | None) -> bool:
    """Tell whether `raw`, in any spelling, names a stage or a quality gate."""
    return normalise_stage(raw) in (*STAGES, *QUALITY_GATES)


def is_known_agent(agent: str) -> bool:
    """Tell whether `agent` (normalised) is a role or configuration that upstream defines."""
    return agent in AGENTS or agent in AGENT_CONFIGURATIONS
