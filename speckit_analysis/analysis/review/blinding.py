"""Whether reviewers could tell which variant they read."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats as distributions  # type: ignore[import-untyped]

from speckit_analysis.analysis import wording
from speckit_analysis.analysis.margins import ALPHA
from speckit_analysis.stats.blinding import unblinding_p
from speckit_analysis.stats.multiplicity import any_may_win
from speckit_analysis.stats.net_share import net_share
from speckit_analysis.stats.paired import ROUNDING
from speckit_analysis.tables.results import RESULTS
from speckit_analysis.tables.vocabulary import NO_GUESS

#: Share of right ones among those who venture a guess, if they know the variant.
_RIGHT = 0.85

#: With this probability or more, what is there would almost surely have shown.
SURE = 0.8

#: A variant that is recognised while another's index is below this is named whatever is read.
#: Not tested, as a mere tendency is reason enough not to speak of knowledge.
TAKEN_FOR_ANOTHER = -0.2


def cards(reviews: pd.DataFrame) -> pd.DataFrame:
    """Return one row per card: what does not depend on the criterion."""
    return reviews.drop_duplicates(["reviewer", "packet", "output"]).drop(
        columns=["criterion", "score", "locator"]
    )


def first_readings(reviews: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of packets that are no repeats."""
    return reviews[reviews["repeat_of"].isna()]


@dataclass(frozen=True)
class Blinding:
    """Whether reviewers could tell the variants."""

    #: The result ``guesses``.
    table: pd.DataFrame
    #: The review was unblinded before all cards were in.
    forced: bool
    #: Level of each interval, and of the verdicts on all variants together.
    confidence: float = 0.95

    @property
    def recognised(self) -> list[str]:
        """Variants that were named more often than chance explains."""
        return [str(name) for name in self.table[self.table["unblinded"]]["variant"]]

    @property
    def habit(self) -> bool:
        """Whether one variant is named whatever is read: a habit, and no proof of knowledge."""
        return (
            bool(self.recognised)
            and len(self.table) > 1
            and self.table["bang"].min() < TAKEN_FOR_ANOTHER
        )

    @property
    def verdict(self) -> str:
        """Whether the blind held, in a few words."""
        if not self.table["guesses"].sum():
            return "nobody was asked to guess"
        if self.habit:
            return f"reviewers name {wording.listed(self.recognised)} whatever they read"
        if self.recognised:
            return f"reviewers recognised {wording.listed(self.recognised)}"
        return "no variant was provably recognised"

    @property
    def sentence(self) -> str:
        """Whether the blind held, never more than the counts carry."""
        if not self.table["guesses"].sum():
            return "Whether the blind held was not asked: no card has a guess."
        told = wording.listed(
            f"{row['variant']} {row['bang']:+.2f} ({_interval(row)}"
            f"{row['right']} right, {row['wrong']} wrong, {row['unknown']} without a guess)"
            for row in self.table[self.table["guesses"] > 0].to_dict("records")
        )
        start = f"Bang's index, 0 if guessed blindly and 1 if known, clustered by output: {told}."
        names = wording.listed(self.recognised)
        if self.habit:
            end = (
                f" Reviewers name {names} whatever they read: a habit, and no proof that they knew."
            )
        elif self.recognised:
            end = (
                f" Reviewers knew {names} better than chance: the blind did not hold (signs"
                f" exchanged output by output, {self._family})."
            )
        else:
            power = float(self.table["power"].min())
            end = f" No variant was provably recognised ({self._family})" + (
                ". Had 85 of 100 guesses been right, that would almost surely have shown."
                if power >= SURE
                else ", which does not prove that the blind held: had 85 of 100 guesses been right,"
                " so few outputs would have shown it with a probability of"
                f" {wording.percent(power)}, if guesses on one output are alike."
            )
        forced = " It was unblinded before all cards were in." if self.forced else ""
        return start + end + forced

    @property
    def _family(self) -> str:
        arms = int((self.table["guesses"] > 0).sum())
        level = wording.exact_percent(1 - self.confidence)
        return f"at {level}" if arms < 2 else f"at {level} over {arms} variants together"


def _interval(row: dict[Hashable, Any]) -> str:
    return "" if pd.isna(row["low"]) else f"{row['low']:+.2f} to {row['high']:+.2f}; "


def blinding(reviews: pd.DataFrame, confidence: float = 0.95) -> Blinding:
    """Return whether reviewers could tell the variants, from what they guessed beforehand.

    Notes
    -----
    What one reader takes for a variant others are apt to take for it too, so that the output is the
    unit: the interval of Bang's index is clustered by it (:mod:`speckit_analysis.stats.net_share`),
    and a variant counts as recognised by exchanging signs output by output, with Holm's correction
    over the variants.  Guesses taken as independent, and each variant tested on its own, call a
    blind broken that held in up to one review in five.
    """
    of_card = cards(first_readings(reviews))
    asked = of_card[of_card["guess"].notna()]
    arms = asked["variant"].nunique()
    variants = sorted(of_card["variant"].dropna().astype(str).unique())
    rows = [_guesses(asked[asked["variant"] == name], name, confidence, arms) for name in variants]
    table = RESULTS["guesses"].of(rows)
    tested = table["p_value"].notna()
    table.loc[tested, "p_value"] = any_may_win(table.loc[tested, "p_value"].tolist())
    table["unblinded"] = (table["p_value"] <= 1 - confidence + ROUNDING).fillna(False)
    forced = bool(of_card["forced"].fillna(False).any())
    return Blinding(table, forced, confidence)


def _guesses(own: pd.DataFrame, variant: str, confidence: float, arms: int) -> dict[str, object]:
    """Return a row of the result ``guesses``, the p-value not corrected yet."""
    guesses = own["guess"].astype(str)
    hits, misses = guesses == variant, ~guesses.isin([variant, NO_GUESS])
    index = net_share((hits.astype(int) - misses).to_numpy(), own["output"].to_numpy())
    marks = pd.DataFrame({"right": hits, "wrong": misses})
    of_output = marks.groupby(own["output"].astype(str)).sum()
    low, high = index.interval(confidence)
    row = {
        "variant": variant,
        "guesses": index.n,
        "outputs": len(of_output),
        "right": index.better,
        "wrong": index.worse,
        "unknown": index.n - index.better - index.worse,
        "bang": index.value,
        "low": low,
        "high": high,
    }
    if index.n:
        row["p_value"] = unblinding_p(*of_output.to_numpy().T)
        ventured = int(of_output.any(axis=1).sum())
        row["power"] = power_of_guesses(ventured, (1 - confidence) / arms)
    return row


def power_of_guesses(outputs: int, alpha: float = ALPHA) -> float:
    """Return the least probability that guesses show unblinding, if it is there.

    Parameters
    ----------
    outputs : int
        Outputs of a variant on which somebody ventured a guess.
    alpha : float
        Level of the test.

    Notes
    -----
    It is least where all guesses on one output are alike, as then an output tells as much as a
    single guess.

    Examples
    --------
    >>> [round(power_of_guesses(outputs), 2) for outputs in (4, 10, 20)]
    [0.0, 0.54, 0.93]
    """
    if not outputs:
        return 0.0
    hits = np.arange(outputs + 1)
    shown = distributions.binom.sf(hits - 1, outputs, 0.5) <= alpha
    return float(distributions.binom.pmf(hits, outputs, _RIGHT)[shown].sum())
