"""Whether reviewers could tell which variant they read."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats as distributions  # type: ignore[import-untyped]

from speckit_analysis.analysis import wording
from speckit_analysis.stats.blinding import bang, james
from speckit_analysis.vocabulary import NO_GUESS


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
    """Whether reviewers could tell the variants.

    Attributes
    ----------
    table : DataFrame
        One row per variant: ``variant`` (string), ``guesses``, ``right``, ``wrong``, ``unknown``
        (Int64), ``bang``, ``low``, ``high`` (Float64, Bang's index) and ``power`` (Float64:
        probability that so many guesses would have shown it, had 85 of 100 who ventured one been
        right).
    james : float
        James' index over two variants; NaN otherwise.
    forced : bool
        The review was unblinded before all cards were in.
    """

    table: pd.DataFrame
    james: float
    forced: bool

    @property
    def sentence(self) -> str:
        """Whether the blind held, never more than the counts carry."""
        if not self.table["guesses"].sum():
            return "Whether the blind held was not asked: no card has a guess."
        told = wording.listed(
            f"{row['variant']} {row['bang']:+.2f} ({row['low']:+.2f} to {row['high']:+.2f};"
            f" {row['right']} right, {row['wrong']} wrong, {row['unknown']} without a guess)"
            for row in self.table.to_dict("records")
        )
        start = f"Bang's index, 0 if guessed blindly and 1 if known: {told}."
        seen = self.table[self.table["unblinded"]]["variant"].tolist()
        opposite = len(self.table) > 1 and self.table["bang"].min() < -0.2
        if seen and opposite:
            end = (
                f" Reviewers name {wording.listed(seen)} whatever they read: a habit, and no proof"
                " that they knew."
            )
        elif seen:
            names = wording.listed(seen)
            end = f" Reviewers knew {names} better than chance: the blind did not hold."
        else:
            power = float(self.table["power"].min())
            end = (
                " That does not prove that the blind held: had 85 of 100 guesses been right, so few"
                f" would have shown it with a probability of {wording.percent(power)}."
                if power < 0.8
                else " Had 85 of 100 guesses been right, that would almost surely have shown."
            )
        forced = " It was unblinded before all cards were in." if self.forced else ""
        return start + end + forced


def blinding(reviews: pd.DataFrame) -> Blinding:
    """Return whether reviewers could tell the variants, from what they guessed beforehand."""
    of_card = cards(first_readings(reviews))
    asked = of_card[of_card["guess"].notna()]
    variants = sorted(of_card["variant"].dropna().astype(str).unique())
    rows, counts = [], []
    for variant in variants:
        guesses = asked.loc[asked["variant"] == variant, "guess"].astype(str)
        unknown = int((guesses == NO_GUESS).sum())
        right = int((guesses == variant).sum())
        wrong = len(guesses) - right - unknown
        index = bang(right, wrong, unknown)
        rows.append(
            {
                "variant": variant,
                "guesses": len(guesses),
                "right": right,
                "wrong": wrong,
                "unknown": unknown,
                "bang": index.value,
                "low": index.low,
                "high": index.high,
                "unblinded": bool(index.unblinded),
                "power": power_of_guesses(len(guesses), unknown),
            }
        )
        counts.append([int((guesses == name).sum()) for name in variants] + [unknown])
    whole = dict.fromkeys(("guesses", "right", "wrong", "unknown"), "Int64")
    figures = dict.fromkeys(("bang", "low", "high", "power"), "Float64")
    columns = ["variant", *whole, "bang", "low", "high", "unblinded", "power"]
    dtypes = {"variant": "string", "unblinded": "boolean"} | whole | figures
    table = pd.DataFrame(rows, columns=columns).astype(dtypes)
    both = np.array(counts).T if len(variants) == 2 else np.zeros((0, 0))
    overall = james(both) if both.size and both.sum() else float("nan")
    forced = bool(of_card["forced"].fillna(False).any())
    return Blinding(table, overall, forced)


def power_of_guesses(guesses: int, unknown: int, right: float = 0.85) -> float:
    """Return the probability that Bang's index shows unblinding, if it is there.

    Parameters
    ----------
    guesses : int
        All of a variant, "do not know" among them.
    unknown : int
        How many had no guess.
    right : float
        Share of right ones among those who venture a guess.
    """
    if not guesses:
        return float("nan")
    ventured = guesses - unknown
    chances = distributions.binom.pmf(np.arange(ventured + 1), ventured, right)
    shown = [bang(k, ventured - k, unknown).unblinded for k in range(ventured + 1)]
    return float(chances[np.array(shown, dtype=bool)].sum()) if ventured else 0.0
