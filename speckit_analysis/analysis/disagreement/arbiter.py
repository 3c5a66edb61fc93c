"""Whom a settled disagreement was settled for, as far as its words tell."""

from __future__ import annotations

import re

import pandas as pd

from speckit_analysis.analysis import wording
from speckit_analysis.tables.vocabulary import normalise_agent, provider_of

#: Families of models, in the order in which a pair names them.
FAMILIES = {"google": "gemini", "anthropic": "claude", "openai": "gpt"}

NEW, OPEN, UNTOLD = "synthesized_new", "unresolved", "not_told"

_BLENDED = re.compile(
    r"\b(both|neither|merged?|combin\w+|hybrid|compromise|blend\w*|synthesi[sz]\w*)\b", re.I
)

#: How a resolution begins that names the agent whose option it quotes.
_LEADING = re.compile(r"\s*([\w.-]+)\s*:")


def family_of(agent: str | None) -> str | None:
    """Return the family of models that an agent stands for; itself where it stands for none.

    Examples
    --------
    >>> family_of("gpt_pro"), family_of("claude_haiku"), family_of("code"), family_of(None)
    ('gpt', 'claude', 'code', None)
    """
    if agent is None:
        return None
    return FAMILIES.get(provider_of(agent) or "", agent)


def decisions(points: pd.DataFrame) -> pd.Series:
    """Return how each disagreement was decided.

    Parameters
    ----------
    points : DataFrame
        Genuine disagreements, with ``agents``, ``resolution`` and ``resolved``.

    Returns
    -------
    Series of string
        ``sided_with_<family>`` where the resolution begins with an agent's name and a colon (what
        follows is that agent's option), or names one family of models and no other and does not
        speak of both; ``synthesized_new`` where it names none or several;
        ``unresolved``; ``not_told`` where nothing tells how it ended.  Index of `points`.
    """
    told = [
        _decision(resolution, agents, resolved)
        for resolution, agents, resolved in zip(
            points["resolution"], points["agents"], points["resolved"], strict=True
        )
    ]
    return pd.Series(told, points.index, dtype="string")


def in_words(decided: pd.Series) -> pd.Series:
    """Return decisions as a figure names them.

    Examples
    --------
    >>> in_words(pd.Series(["sided_with_gpt", "synthesized_new", "not_told"])).tolist()
    ['sided with gpt', 'synthesized new', 'not told']
    """
    return decided.astype("string").str.replace("_", " ")


def decision_sentence(decided: pd.Series) -> str:
    """Say for whom disagreements were settled.

    Parameters
    ----------
    decided : Series of string
        From :func:`decisions`.
    """
    if decided.empty:
        return "No disagreement was declared, so nobody's side was taken."
    sides = decided[decided.str.startswith("sided_with_")].str.removeprefix("sided_with_")
    total = wording.count(len(decided), "disagreement")
    if sides.empty:
        return f"None of {total} tells whose side was taken."
    parts = [f"{name} {wording.count(n)}" for name, n in sides.value_counts().items()]
    return (
        f"{wording.count(len(sides))} of {total} were settled for one side:"
        f" {', '.join(parts)}. That counts sides taken, not how often each was right."
    )


def _decision(resolution: object, agents: object, resolved: object) -> str:
    if not pd.isna(resolved) and not resolved:  # type: ignore[call-overload]
        return OPEN
    if not isinstance(resolution, str) or not resolution.strip():
        return UNTOLD
    leading = _LEADING.match(resolution)
    if leading and (first := _named(leading[1], agents)):
        return f"sided_with_{family_of(first.pop())}"
    named = {family_of(name) for name in _named(resolution, agents)}
    if len(named) == 1 and not _BLENDED.search(resolution):
        return f"sided_with_{named.pop()}"
    return NEW


def _named(resolution: str, agents: object) -> set[str]:
    """Return the agents that a resolution names: those of the disagreement, or whole families."""
    words = {normalise_agent(word) for word in re.findall(r"[\w.-]+", resolution)}
    involved = {part.strip() for part in agents.split(",")} if isinstance(agents, str) else set()
    known = {normalise_agent(agent) for agent in involved} | set(FAMILIES.values())
    return {agent for agent in words & known if agent}
