"""Linear mixed models: of scores a row to compare with, never the verdict."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import statsmodels.formula.api as smf
from scipy import stats  # type: ignore[import-untyped]

#: Random effects of scores: units and reviewers are crossed.
_FACTORS = ("unit", "reviewer", "unit:variant", "reviewer:variant")


@dataclass(frozen=True)
class LinearMixedModel:
    """Fixed and random effects, and whether they could be fitted at all.

    Attributes
    ----------
    fixed : DataFrame
        By effect: ``estimate``, ``standard_error``, and ``low`` and ``high`` of the normal interval
        of level 0.95.
    covariance : DataFrame
        Of the random effects of one group or factor; variances are on the diagonal.
    residual_variance : float
        Of what is left.
    criterion : float
        -2 log likelihood: the deviance by ML, the restricted criterion by REML.
    method : str
        ``REML`` or ``ML``.
    converged : bool
        Whether the optimiser said so.
    at_boundary : tuple of str
        Random effects whose variance is estimated as 0.
    warnings : tuple of str
        What the fit complained of.
    """

    fixed: pd.DataFrame
    covariance: pd.DataFrame
    residual_variance: float
    criterion: float
    method: str
    converged: bool
    at_boundary: tuple[str, ...]
    warnings: tuple[str, ...]

    @property
    def variances(self) -> dict[str, float]:
        """Variances by source; ``residual`` is one of them."""
        names = (str(name) for name in self.covariance.index)
        diagonal = (float(part) for part in np.diag(self.covariance))
        return dict(zip(names, diagonal, strict=True)) | {"residual": self.residual_variance}


def random_coefficients(
    data: pd.DataFrame, formula: str, group: str, coefficients: str = "1", *, reml: bool = True
) -> LinearMixedModel:
    """Fit a model in which each group has coefficients of its own, correlated with each other.

    Parameters
    ----------
    data : DataFrame
        One row per observation.
    formula : str
        Outcome and fixed effects, such as ``"score ~ day"``.
    group : str
        The column that names the group.
    coefficients : str
        What varies from group to group: ``"1"`` the intercept, ``"day"`` the slope of ``day`` too.
    reml : bool
        Restricted maximum likelihood; plain, if not.

    Raises
    ------
    ValueError
        If there is no such column, or a row has no group.

    Notes
    -----
    Laird and Ware (1982) by statsmodels; lme4 writes it ``score ~ day + (day | group)``.
    """
    _refuse_unknown(data, [group])
    return _fit(data, formula, reml, groups=group, re_formula=f"1 + {coefficients}")


def crossed_effects(
    data: pd.DataFrame, formula: str, factors: Sequence[str], *, reml: bool = True
) -> LinearMixedModel:
    """Fit a model with random effects of several factors that cross each other.

    Parameters
    ----------
    data : DataFrame
        One row per observation.
    formula : str
        Outcome and fixed effects, such as ``"score ~ 1"``.
    factors : sequence of str
        Columns, or interactions of columns such as ``"unit:variant"``; independent of each other.
    reml : bool
        Restricted maximum likelihood; plain, if not.

    Raises
    ------
    ValueError
        If there are no factors, no such column, or a row lacks one.

    Notes
    -----
    Variance components of one group that holds all rows, by statsmodels; lme4 writes it
    ``score ~ 1 + (1 | unit) + (1 | reviewer)``.
    """
    if not factors:
        raise ValueError("it takes a factor that varies")
    columns = {factor: factor.split(":") for factor in factors}
    _refuse_unknown(data, [name for names in columns.values() for name in names])
    rows = data.assign(**{_ALL: 1})
    # Components come back in the order of their names.
    components = {
        factor: "0 + " + ":".join(f"C(Q('{name}'))" for name in names)
        for factor, names in sorted(columns.items())
    }
    return _fit(rows, formula, reml, groups=_ALL, vc_formula=components)


#: The one group that holds all rows.
_ALL = "all_rows"


def _refuse_unknown(data: pd.DataFrame, columns: Sequence[str]) -> None:
    missing = sorted(set(columns) - set(data.columns))
    if missing:
        raise ValueError(f"no columns {missing}; there are: {sorted(map(str, data.columns))}")
    holes = int(data[list(columns)].isna().any(axis=1).sum())
    if holes:
        raise ValueError(f"{holes} rows lack one of {list(columns)}; leave them out")


def _fit(data: pd.DataFrame, formula: str, reml: bool, **random: Any) -> LinearMixedModel:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model = smf.mixedlm(formula, data, **random)
        fit = model.fit(reml=reml)
        covariance = _covariance(model, fit)
    variances = pd.Series(np.diag(covariance), covariance.index)
    floor = 1e-6 * max(float(fit.scale), 1e-12)
    values, errors = fit.fe_params, fit.bse_fe
    reach = float(stats.norm.ppf(0.975)) * errors
    columns = {"estimate": values, "standard_error": errors}
    return LinearMixedModel(
        pd.DataFrame(columns | {"low": values - reach, "high": values + reach}),
        covariance,
        float(fit.scale),
        float(-2 * fit.llf),
        "REML" if reml else "ML",
        bool(fit.converged),
        tuple(variances.index[variances.isna() | (variances <= floor)]),
        tuple(sorted({str(one.message).splitlines()[0] for one in caught})),
    )


def _covariance(model: Any, fit: Any) -> pd.DataFrame:
    """Return the covariance of a group's coefficients, or of crossed factors that have none."""
    if model.k_vc:
        names = list(model.exog_vc.names)
        return pd.DataFrame(np.diag(np.asarray(fit.vcomp, dtype=float)), names, names)
    names = ["Intercept" if at == 0 else name for at, name in enumerate(model.data.exog_re_names)]
    return pd.DataFrame(np.asarray(fit.cov_re, dtype=float), names, names)


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
    rows = scores.dropna(subset=["score", "variant", "unit", "reviewer"])
    rows = rows.assign(treated=(rows["variant"].astype(str) != baseline).astype(float))
    found = crossed_effects(rows, "score ~ treated", _FACTORS)
    return MixedModel(
        float(found.fixed["estimate"]["treated"]),
        float(found.fixed["standard_error"]["treated"]),
        {name.replace(":", "_"): part for name, part in found.variances.items()},
        found.converged,
        tuple(name.replace(":", "_") for name in found.at_boundary),
        found.warnings,
    )
