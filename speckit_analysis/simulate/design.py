"""What is simulated: how many SPECs, which agents, and the effects that an analysis is to find."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

STAGES = ("plan", "tasks", "implement", "validate", "audit", "unlock")


@dataclass(frozen=True)
class Agent:
    """An agent, the model behind it, and how its calls are distributed.

    Tokens are log-normal around their medians; prices are those of the price list in
    autumn 2025, in USD per million tokens.
    """

    name: str
    model_id: str
    model_release: str
    input_price: float
    output_price: float
    prompt_tokens: int
    completion_tokens: int
    tokens_per_second: float


GEMINI = Agent("gemini", "gemini-2.5-pro", "2025-05-14", 1.25, 10.0, 5200, 1500, 62.0)
CLAUDE = Agent("claude", "claude-4.5-sonnet", "2025-09-29", 3.0, 15.0, 4600, 1900, 48.0)
GPT_PRO = Agent("gpt_pro", "gpt-5", "2025-08-06", 1.25, 10.0, 4100, 2600, 35.0)
GPT_CODEX = Agent("gpt_codex", "gpt-5-codex", "2025-09-29", 1.25, 10.0, 6800, 3100, 55.0)

THREE = (GEMINI, CLAUDE, GPT_PRO)
FOUR = (GEMINI, CLAUDE, GPT_CODEX, GPT_PRO)

#: Most kinds once, which gives a sample the look of real evidence.
SOME_DAMAGE = (
    *("truncated", "unescaped_quote", "empty", "template_literal", "unknown_version"),
    *("missing_field", "mistyped_field", "ok_over_failed", "flag_without_points"),
    *("points_without_flag", "zero_cost", "wrong_total", "contradicting_time", "metrics_differ"),
    *("stale_copy", "schema_echo", "secret", "not_a_number", "invalid_utf8", "hand_written"),
)

_PROBABILITIES = (
    *("rerun_rate", "failure_rate", "override_rate", "stub_rate", "telemetry_coverage"),
    *("metrics_rate", "right_guesses", "unknown_guesses", "research_loss"),
)


@dataclass(frozen=True)
class Design:
    """Everything that decides what a simulation writes; the same design gives the same bytes.

    Parameters
    ----------
    seed
        Seed of all random draws.
    specs
        Number of SPECs.
    stages
        Stages that each SPEC goes through, in order.
    rerun_rate
        Probability that a stage is run once more.
    agents
        Agents by stage; a stage that is not listed takes the agents under ``""``.
    disagreement
        True probability, by stage, that the proposals of a run disagree.
    pair_weights
        How often a pair of agents is the one that disagrees, relative to 1 for every other.
    failure_rate
        Probability that an agent's call fails.
    override_rate
        Probability that the arbiter settles a disagreement against the first proposal.
    stub_rate
        Probability that a run was answered by stubs.
    telemetry_coverage
        Probability that a run left telemetry; other runs left a verdict and a synthesis.
    metrics_rate
        Probability that a run with telemetry left a metrics file for each call as well.
    weekly_cost_growth
        Factor by which tokens grow from one week to the next.
    start, days
        First day, and over how many days the SPECs begin.
    budget_usd
        Budget of each SPEC.
    damage
        Names of :data:`~speckit_analysis.simulate.DAMAGE` to do, one file each.
    colons
        Write times in file names with colons, as real evidence does and some systems refuse.
    reviewers
        Reviewers of the blind review; 0 for none.
    quality_gain
        Points that consensus is truly better than one model.
    right_guesses, unknown_guesses
        True shares of guesses that name the right variant, and of reviewers who have none.
    experiments
        Write the experiments on arbiter, research model and guardrails.
    arbiter_worth
        True share of outcomes that the arbiter improves less those that it degrades, by stage.
    research_gain
        Points that the research model truly adds to a plan.
    research_loss
        Share of findings that are lost without the research model.
    guardrail_errors
        True shares of valid outputs stopped and of invalid ones passed, by variant.
    every_format
        Write what is rare in real evidence too: prompts, locks, rehearsals under ``commands/``,
        every flavour of synthesis and cost summary, captures of health checks.
    """

    seed: int = 35
    specs: int = 10
    stages: tuple[str, ...] = STAGES
    rerun_rate: float = 0.35
    agents: Mapping[str, tuple[Agent, ...]] = field(
        default_factory=lambda: {"": THREE, "implement": FOUR}
    )
    disagreement: Mapping[str, float] = field(
        default_factory=lambda: {
            "plan": 0.55,
            "tasks": 0.30,
            "implement": 0.50,
            "validate": 0.15,
            "audit": 0.10,
            "unlock": 0.05,
        }
    )
    pair_weights: Mapping[frozenset[str], float] = field(
        default_factory=lambda: {frozenset({"gemini", "gpt_pro"}): 3.0}
    )
    failure_rate: float = 0.04
    override_rate: float = 0.35
    stub_rate: float = 0.05
    telemetry_coverage: float = 0.85
    metrics_rate: float = 0.3
    weekly_cost_growth: float = 1.06
    start: str = "2025-10-06"
    days: int = 40
    budget_usd: float = 1.5
    damage: tuple[str, ...] = SOME_DAMAGE
    colons: bool = False
    reviewers: int = 3
    quality_gain: float = 0.6
    right_guesses: float = 0.35
    unknown_guesses: float = 0.3
    experiments: bool = True
    arbiter_worth: Mapping[str, float] = field(
        default_factory=lambda: {"plan": 0.6, "implement": 0.3, "validate": 0.05}
    )
    research_gain: float = 0.3
    research_loss: float = 0.3
    guardrail_errors: Mapping[str, tuple[float, float]] = field(
        default_factory=lambda: {"two_models": (0.06, 0.15), "same_model": (0.07, 0.2)}
    )
    every_format: bool = False

    def __post_init__(self) -> None:
        """Refuse what could only give nonsense."""
        if self.specs < 1:
            raise ValueError(f"specs is {self.specs}; expected at least 1")
        rates = {name: getattr(self, name) for name in _PROBABILITIES}
        rates |= {
            f"worth of the arbiter at {at}": worth for at, worth in self.arbiter_worth.items()
        }
        for variant, (stopped, missed) in self.guardrail_errors.items():
            rates |= {f"valid outputs stopped by {variant}": stopped}
            rates |= {f"invalid outputs passed by {variant}": missed}
        rates |= {f"disagreement of {stage}": rate for stage, rate in self.disagreement.items()}
        for name, rate in rates.items():
            if not 0 <= rate <= 1:
                raise ValueError(f"{name} is {rate}; expected a probability from 0 to 1")

    @property
    def spec_ids(self) -> list[str]:
        """Names of the SPECs, in the order in which they begin."""
        return [f"SPEC-SIM-{number:03d}" for number in range(1, self.specs + 1)]

    def agents_of(self, stage: str) -> tuple[Agent, ...]:
        """Return the agents that work on `stage`."""
        return self.agents.get(stage, self.agents[""])
