"""A linear mixed model of scores: a row to compare with, never the verdict."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import pandas as pd
import statsmodels.formula.api as smf

#: Random effects of scores, units and reviewers crossed, by name; columns of each.
_FACTORS = {
    "reviewer": ["reviewer"],
    "reviewer_variant": ["reviewer", "variant"],
    "unit": ["unit"],
    "unit_variant": ["unit", "variant"],
}


@dataclass(frozen=True)
class MixedModel:
    """What a mixed model says, and whether it could be fitted at all.

    Attributes
    ----------
    effect, error : float
        Difference of the variant against the baseline, and its standard error.
    converged : bool
        Whether the optimiser said so.
    at_boundary : tuple of str
        Random effects whose variance is estimated as 0.
    """

    effect: float
    error: float
    converged: bool
    at_boundary: tuple[str, ...]

    @property
    def sentence(self) -> str:
        """The row in words, with what speaks against it."""
        doubts = [] if self.converged else ["it did not converge"]
        if self.at_boundary:
            doubts.append(f"{', '.join(self.at_boundary)} estimated as 0")
        against = f" ({'; '.join(doubts)})" if doubts else ""
        return f"Mixed model: {self.effect:+.3g}, standard error {self.error:.3g}{against}."


def mixed_model(scores: pd.DataFrame, baseline: str) -> MixedModel:
    """Fit scores by variant, with units, reviewers and their interactions as random effects.

    Parameters
    ----------
    scores : DataFrame
        ``score``, ``variant`` (two of them), ``unit`` and ``reviewer``, one row per review.
    baseline : str
        The variant that the other is compared with.

    Raises
    ------
    ValueError
        If there are not exactly two variants, or the baseline is none of them.

    Notes
    -----
    REML by statsmodels, with variance components of one group that holds all rows; lme4 writes it
    ``score ~ treated + (1 | unit) + (1 | reviewer) + (1 | unit:variant) + (1 | reviewer:variant)``.
    At 3 to 10 units it fails to converge, or ends at a boundary, in about half of all cases, and
    its normal interval has no small-sample degrees of freedom: compare sign and size with the
    crossed interval, and decide by that one.
    """
    variants = sorted(scores["variant"].dropna().astype(str).unique())
    if len(variants) != 2 or baseline not in variants:
        raise ValueError(f"it takes two variants, {baseline!r} one of them; there are: {variants}")
    rows = scores.dropna(subset=["score", "variant", "unit", "reviewer"])
    treated = (rows["variant"].astype(str) != baseline).astype(float)
    rows = rows.assign(treated=treated, all_rows=1)
    components = {
        factor: "0 + " + ":".join(f"C({column})" for column in columns)
        for factor, columns in _FACTORS.items()
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what it complains of, the fit tells as well
        model = smf.mixedlm("score ~ treated", rows, groups="all_rows", vc_formula=components)
        fit = model.fit(reml=True)
    variances = pd.Series(fit.vcomp, model.exog_vc.names)
    floor = 1e-6 * max(float(fit.scale), 1e-12)
    return MixedModel(
        float(fit.fe_params["treated"]),
        float(fit.bse_fe["treated"]),
        bool(fit.converged),
        tuple(variances.index[variances.isna() | (variances <= floor)]),
    )
