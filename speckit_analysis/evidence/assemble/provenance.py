"""Which answers are evidence of the model that they name, and which are not."""

from __future__ import annotations

import pandas as pd

from speckit_analysis.evidence.assemble.categories import spell
from speckit_analysis.tables import vocabulary

#: Models that no provider ever offered.
INVENTED_MODELS = frozenset({"gemini-ultra", "gpt-4-codex"})

#: One agent that claims this many models for one SPEC is played, not called.
MODELS_OF_A_PLAYER = 3

# Answers whose text says something; echoes, errors and empty ones recur by their nature.
_CONTENT = ("structured", "unresolved_template", "free_text", "transcript", "terminal_dump")


def judge(proposals: pd.DataFrame) -> pd.DataFrame:
    """Add ``provenance`` and ``shared_payload`` to `proposals`."""
    if proposals.empty:
        return proposals
    proposals["shared_payload"] = (
        proposals.groupby("content_hash")["file"].transform("size").astype("Int64")
    )
    provenance = proposals["provenance"].fillna("measured")
    provenance = provenance.mask(_role_played(proposals), "role_played")
    proposals["provenance"] = provenance.mask(_stale(proposals), "stale_copy")
    return proposals


def _stale(proposals: pd.DataFrame) -> pd.Series:
    """Mark every repetition of a content but the earliest: copies are no second vote."""
    order = proposals.sort_values(["timestamp", "file", "locator"], kind="stable")
    repeated = order.duplicated("content_hash") & order["payload_class"].isin(_CONTENT)
    return repeated.reindex(proposals.index).fillna(False).astype(bool)


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
