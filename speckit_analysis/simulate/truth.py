"""What a simulation wrote, to compare with what loading finds."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from speckit_analysis.simulate.history import Run

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Truth:
    """The runs that happened, and the files that were damaged.

    Attributes
    ----------
    history
        The runs, with their calls and disagreements.
    files
        Path of each file below the folder, with the family it belongs to.
    damage
        Path of each damaged file, with the name of the damage.
    rows
        How many rows loading is to find in each table; tables that are not named have none.
    problems
        How many warnings and errors of each kind loading is to find.
    """

    history: tuple[Run, ...]
    files: dict[str, str]
    damage: dict[str, str] = field(default_factory=dict)
    rows: dict[str, int] = field(default_factory=dict)
    problems: dict[str, int] = field(default_factory=dict)

    @property
    def runs(self) -> pd.DataFrame:
        """One row per run: what happened, whatever the files say of it."""
        import pandas as pd

        rows = [
            {
                "spec_id": run.spec,
                "stage": run.stage,
                "timestamp": run.start,
                "agents": len(run.calls),
                "agents_failed": sum(call.failed for call in run.calls),
                "disagreements": len(run.disagreements),
                "cost_usd": run.cost_usd,
                "measured": run.measured,
                "stub": run.stub,
            }
            for run in self.history
        ]
        return pd.DataFrame(rows)

    @property
    def calls(self) -> pd.DataFrame:
        """One row per call."""
        import pandas as pd

        rows = [
            {
                "spec_id": run.spec,
                "stage": run.stage,
                "timestamp": run.start,
                "agent": call.agent.name,
                "model_id": call.agent.model_id,
                "prompt_tokens": call.prompt_tokens,
                "completion_tokens": call.completion_tokens,
                "latency_ms": call.latency_ms,
                "cost_usd": call.cost_usd,
                "failed": call.failed,
                "measured": run.measured,
            }
            for run in self.history
            for call in run.calls
        ]
        return pd.DataFrame(rows)

    @property
    def disagreements(self) -> pd.DataFrame:
        """One row per disagreement."""
        import pandas as pd

        rows = [
            {
                "spec_id": run.spec,
                "stage": run.stage,
                "timestamp": run.start,
                "topic": opinion.topic,
                "agents": ", ".join(opinion.agents),
                "severity": opinion.severity,
                "resolved": opinion.winner is not None,
                "override": opinion.override,
            }
            for run in self.history
            for opinion in run.disagreements
        ]
        return pd.DataFrame(rows)
