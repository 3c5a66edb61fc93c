"""A mixed model of scores: a row to compare with, never the verdict."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
import pandas as pd
import statsmodels.formula.api as smf

#: Random effects, as variance components of one group: units and reviewers are crossed.
_COMPONENTS = {
    "unit": "0 + C(unit)",
    "reviewer": "0 + C(reviewer)",
    "unit_variant": "0 + C(unit):C(variant)",
    "reviewer_variant": "0 + C(reviewer):C(variant)",
}


@dataclass(frozen=True)
class MixedModel:
    """What a mixed model says, and whether it could be fitted at all.

    Attributes
    ----------
    effect, error : float
        Difference of the variant against the baseline, and its standard error.
    components : dict of str to float
        Variances by source; ``residual`` is one of them.
    converged : bool
        Whether the optimiser said so.
    at_boundary : tuple of str
        Components estimated as 0.
    warnings : tuple of str
        What the fit complained of.
    """

    effect: float
    error: float
    components: dict[str, float]
    converged: bool
    at_boundary: tuple[str, ...]
    warnings: tuple[str, ...]

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
    REML by statsmodels.  At 3 to 10 units it fails to converge, or ends at a boundary, in about
    half of all cases, and its normal interval has no small-sample degrees of freedom: compare
    sign and size with the crossed interval, and decide by that one.
    """
    variants = sorted(scores["variant"].dropna().astype(str).unique())
    if len(variants) != 2 or baseline not in variants:
        raise ValueError(f"it takes two variants, {baseline!r} one of them; there are: {variants}")
    rows = scores.dropna(subset=["score", "variant", "unit", "reviewer"]).assign(one=1)
    rows["treated"] = (rows["variant"].astype(str) != baseline).astype(float)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model = smf.mixedlm("score ~ treated", rows, groups="one", vc_formula=_COMPONENTS)
        fit = model.fit(reml=True)
    found = dict(zip(model.exog_vc.names, (float(part) for part in fit.vcomp), strict=True))
    floor = 1e-6 * max(float(fit.scale), 1e-12)
    return MixedModel(
        float(fit.params["treated"]),
        float(fit.bse["treated"]),
        {**found, "residual": float(fit.scale)},
        bool(fit.converged),
        tuple(name for name, part in found.items() if np.isnan(part) or part <= floor),
        tuple(sorted({str(one.message).splitlines()[0] for one in caught})),
    )
