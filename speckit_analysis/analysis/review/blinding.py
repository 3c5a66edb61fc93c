"""Whether reviewers could tell which variant they read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from speckit_analysis.analysis import wording
from speckit_analysis.analysis.margins import REPEATS
from speckit_analysis.stats.blinding import (
    BREACH,
    HELD_BELOW,
    SURE,
    BlindingIndex,
    blinding_index,
    chance_corrected,
    units_to_see,
)
from speckit_analysis.tables.results import RESULTS
from speckit_analysis.tables.vocabulary import NO_GUESS

#: The row of all variants together.
ALL = "all"

#: Shares of right guesses whose power is told where nothing else can be said.
_BREACHES = (BREACH, 0.6)


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
    """Whether these reviewers could tell the variants."""

    #: The result ``guesses``.
    table: pd.DataFrame
    #: Over all variants.
    index: BlindingIndex
    #: Variants of the review.
    variants: int
    #: The review was unblinded before all cards were in.
    forced: bool

    @property
    def verdict(self) -> str:
        """Whether the blind held, in a few words."""
        if self.table.empty:
            return "nobody was asked to guess the variant"
        if self.index.broken:
            return "the blind did not hold"
        if self.index.held:
            return "the blind held for these reviewers"
        return "not enough data to tell whether the blind held"

    @property
    def sentence(self) -> str:
        """Whether the blind held, with the index, and what so few units can show."""
        start = f"{self.verdict[0].upper()}{self.verdict[1:]}"
        forced = " The review was unblinded before all cards were in." if self.forced else ""
        if self.table.empty:
            return f"{start}, so whether the blind held is unknown.{forced}"
        found = self.index
        if found.p_value is None:
            return f"{start}: {found.refusal}.{forced}"
        level = wording.exact_percent(found.level)
        interval = (
            ""
            if np.isnan(found.low)
            else f"{level} interval {found.low:+.2f} to {found.high:+.2f}; "
        )
        units = wording.count(found.n, "unit")
        told = (
            f"{start}: blinding index {found.value:+.2f} ({interval}0 is chance, 1 is always right;"
            f" permutation test, {units}, {wording.p_value(found.p_value)})."
        )
        if found.broken:
            told += f" Best recognised: {self._best_recognised}."
        elif found.held:
            told += f" The whole interval is below {HELD_BELOW:g}."
        elif found.mistaken:
            told += (
                " Guesses are wrong more often than by chance: reviewers may tell the variants"
                " apart and mix up their names."
            )
        else:
            told += f" {self._power}"
        return told + forced

    @property
    def _best_recognised(self) -> str:
        best = self.table[self.table["variant"] != ALL].nlargest(1, "index").iloc[0]
        return f"{best['variant']} ({best['right']} of {best['guesses']} guesses right)"

    @property
    def _power(self) -> str:
        """What these units would have shown, and how many would show it."""
        found = self.index
        seen = wording.listed(
            f"{wording.exact_percent(right)} right guesses with a probability of"
            f" {wording.percent(found.power(right))}"
            for right in _BREACHES
        )
        needed = (str(units_to_see(right, self.variants, found.level)) for right in _BREACHES)
        return (
            f"If reviewers agree, these units show {seen}; a probability of"
            f" {wording.exact_percent(SURE)} takes {wording.listed(needed)} units."
        )


def blinding(
    reviews: pd.DataFrame, confidence: float = 0.95, again: Mapping[str, str] = REPEATS
) -> Blinding:
    """Return whether reviewers could tell the variants, from what they guessed beforehand.

    Parameters
    ----------
    reviews : DataFrame
        From :func:`.scores.usable`.
    confidence : float
        Level of the interval.
    again : mapping of str to str
        Variants that only repeat another one: nobody can tell them apart, so their own cards do not
        count, and who names one names the other.

    Notes
    -----
    See :func:`speckit_analysis.stats.blinding.blinding_index`.  It speaks of these reviewers alone:
    of others no interval from so few would hold.  The rows by variant tell who is recognised; where
    one variant is named whatever is read, its row is above 0, others are below, and the index is 0.
    """
    of_card = cards(first_readings(reviews))
    of_card = of_card[~of_card["variant"].isin(list(again))]
    of_card = of_card.assign(guess=of_card["guess"].astype("string").replace(dict(again)))
    forced = bool(of_card["forced"].fillna(False).any())
    # A variant of the review counts although nobody names it, or none of its cards is there.
    named = pd.concat([of_card["variant"].astype("string"), of_card["guess"].astype("string")])
    names = sorted(set(named.dropna()) - {NO_GUESS})
    asked = of_card[of_card["guess"].notna()]
    unit, reviewer = (
        asked.groupby(by, observed=True, dropna=False).ngroup().to_numpy()
        for by in (["spec_id", "stage"], "reviewer")
    )
    truth, guess = (
        pd.Categorical(asked[column].astype("string"), [*names, NO_GUESS]).codes
        for column in ("variant", "guess")
    )
    guesses = np.full((len(set(unit)), len(set(reviewer)), len(names)), -1)
    guesses[unit, reviewer, truth] = guess  # the last one, where a variant has several outputs
    index = blinding_index(guesses, confidence)
    return Blinding(_table(asked, index, len(names)), index, len(names), forced)


def _table(asked: pd.DataFrame, index: BlindingIndex, variants: int) -> pd.DataFrame:
    """Return the result ``guesses``: all variants together, then each of them."""
    if asked.empty:
        return RESULTS["guesses"].of([])
    guess, variant = (asked[name].astype("string") for name in ("guess", "variant"))
    marks = pd.DataFrame(
        {"output": asked["output"], "right": guess == variant, "unknown": guess == NO_GUESS}
    )
    table = marks.groupby(variant).agg(
        guesses=("right", "size"),
        outputs=("output", "nunique"),
        right=("right", "sum"),
        unknown=("unknown", "sum"),
    )
    table["wrong"] = table["guesses"] - table["right"] - table["unknown"]
    whole = table.sum().to_frame(ALL).T
    if variants > 1:
        right, wrong, guesses = table["right"], table["wrong"], table["guesses"]
        table["index"] = chance_corrected(right, wrong, guesses, variants)
    whole[["index", "low", "high", "p_value"]] = index.value, index.low, index.high, index.p_value
    rows = pd.concat([whole, table]).rename_axis("variant").reset_index()
    return RESULTS["guesses"].of(rows)
