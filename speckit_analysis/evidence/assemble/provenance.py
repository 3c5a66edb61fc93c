"""Which answers are evidence of the model that they name, and which are not."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from speckit_analysis.evidence.assemble.categories import spell
from speckit_analysis.tables import vocabulary

#: Models that no provider ever offered.
INVENTED_MODELS = frozenset({"gemini-ultra", "gpt-4-codex"})

#: One agent that claims this many models for one SPEC is played, not called.
MODELS_OF_A_PLAYER = 3

#: Two models do not write this many characters alike, letter by letter; shorter answers agree.
LEAST_CHARS_OF_A_COPY = 1000

# Answers whose text says something; echoes, errors and empty ones recur by their nature.
_CONTENT = ("structured", "unresolved_template", "free_text", "transcript", "terminal_dump")

#: What a call cost or took: nobody measures a call that was not made.
FIGURES = ["prompt_tokens", "completion_tokens", "total_tokens", "latency_ms", "cost_usd_reported"]


def judge(proposals: pd.DataFrame, calls: pd.DataFrame) -> pd.DataFrame:
    """Add ``provenance`` and ``shared_payload`` to `proposals`; `calls` tell what was measured."""
    if proposals.empty:
        return proposals
    proposals["shared_payload"] = (
        proposals.groupby("content_hash")["file"].transform("size").astype("Int64")
    )
    provenance = proposals["provenance"].fillna("measured")
    provenance = provenance.mask(_role_played(proposals), "role_played")
    shared = proposals["shared_payload"].gt(1) & proposals["payload_class"].isin(_CONTENT)
    if shared.any():
        copies = _copies(proposals[shared.fillna(False)], calls)
        provenance[copies.index[copies]] = "stale_copy"
    proposals["provenance"] = provenance
    return proposals


def _copies(shared: pd.DataFrame, calls: pd.DataFrame) -> pd.Series:
    """Tell which of the answers that share their content are copies.

    Equal answers are agreement, unless something speaks for a copy: an agent's answer stands in
    its run already; it says that it is of another stage or agent, where it stands too; or nobody
    measured the call, and it repeats an earlier answer that is too long to be written twice, or
    has the agent and the moment of one in another run, or has no moment of its own.
    """
    content = [shared["content_hash"], shared["spec_id"].astype("string")]
    misfiled = _misfiled(content, shared, "stage", vocabulary.normalise_stage)
    misfiled |= _misfiled([*content, shared["run"]], shared, "agent", vocabulary.normalise_agent)
    order = shared.assign(misfiled=misfiled, unmeasured=~_has_figures(shared, calls)).sort_values(
        ["misfiled", "unmeasured", "timestamp", "file", "locator"], kind="stable"
    )
    again = order.duplicated(["run", "agent", "content_hash"])
    long = order.duplicated("content_hash") & order["content_chars"].ge(LEAST_CHARS_OF_A_COPY)
    dated = order["timestamp"].notna() & order["agent"].notna()
    exported_again = dated & order.duplicated(["content_hash", "spec_id", "agent", "timestamp"])
    undated = order["key"].isna() & order.duplicated(["content_hash", "spec_id", "agent"])
    again_told = long | exported_again | undated
    copied = order["misfiled"] | again | (order["unmeasured"] & again_told)
    return copied.reindex(shared.index).astype(bool)


def _misfiled(
    content: list[pd.Series], answers: pd.DataFrame, of: str, normalise: Callable[[str], str | None]
) -> pd.Series:
    """Tell which answers say that they are `of` another stage or agent, where they stand too."""
    own = answers[of].astype("string")
    claimed = spell(answers[f"{of}_claimed"], normalise).astype("string")
    stands_there = pd.MultiIndex.from_arrays([*content, claimed]).isin(
        pd.MultiIndex.from_arrays([*content, own])
    )
    return claimed.notna() & claimed.ne(own).fillna(False) & stands_there


def _has_figures(answers: pd.DataFrame, calls: pd.DataFrame) -> pd.Series:
    """Tell of each answer whether its agent's call in that run has figures of its own."""
    figured = calls.loc[calls[FIGURES].notna().any(axis=1), ["run", "agent"]]
    whose = pd.MultiIndex.from_frame(answers[["run", "agent"]].astype({"agent": "string"}))
    known = pd.MultiIndex.from_frame(figured.drop_duplicates().astype({"agent": "string"}))
    return pd.Series(whose.isin(known), answers.index)


def _role_played(proposals: pd.DataFrame) -> pd.Series:
    """Mark bundles in which one writer played the agents.

    The older layout names agents in files under ``commands/``.  Where one agent of a SPEC
    claims several models there, or one that another maker offers or nobody does, the whole
    SPEC's bundle is role-played.
    """
    none = pd.Series(False, index=proposals.index)
    bundle = proposals["key"].str.contains(r"Z-\d+$", na=False)
    if not bundle.any():
        return none
    rows = proposals[bundle]
    model = spell(rows["model_claimed"], vocabulary.normalise_model)
    maker = spell(model, vocabulary.provider_of)
    expected = spell(rows["agent"], vocabulary.provider_of)
    foreign = (maker != expected) & maker.notna() & expected.notna()
    invented = model.isin(INVENTED_MODELS)
    claims = model.groupby([rows["spec_id"], rows["agent"]]).transform("nunique")
    suspect = (foreign | invented | (claims >= MODELS_OF_A_PLAYER)).fillna(False).astype(bool)
    played = suspect.groupby(rows["spec_id"]).transform("any")
    return none.mask(played.reindex(none.index, fill_value=False).astype(bool), True)
