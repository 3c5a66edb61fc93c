"""Conditions on columns, such as ``stage == "plan"``, and what one may have meant that fails."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from itertools import pairwise

import pandas as pd

from speckit_analysis.analysis.wording import suggestion
from speckit_analysis.errors import EvidenceError

#: Columns that metrics work with, which no table has.
_OURS = ("upper", "lower")

#: What a text may be compared by where texts have no order.
_EQUAL = (ast.Eq, ast.NotEq, ast.In, ast.NotIn)

#: A column with longer texts holds sentences; nobody picks one of these from a list.
_LONGEST = 80


def meets(rows: pd.DataFrame, condition: str) -> pd.Series:
    """Tell which rows meet a condition.

    Parameters
    ----------
    rows : DataFrame
        Rows that count.
    condition : str
        As :meth:`pandas.DataFrame.eval` takes it.

    Returns
    -------
    Series of bool
        With the index of `rows`.

    Raises
    ------
    EvidenceError
        If it names no column, or a moment without a time zone, or is no condition.

    Examples
    --------
    >>> rows = pd.DataFrame({"stage": ["plan", "tasks"]})
    >>> meets(rows, 'stage == "plan"').tolist()
    [True, False]
    """
    _check_columns(rows, condition)
    _check_moments(rows, condition)
    try:
        hit = rows.eval(condition, engine="python", local_dict={}, global_dict={})
    except Exception as error:
        hint = unknown_values(rows, condition)
        raise EvidenceError(
            f"--where {condition!r}: {hint or error}; write a condition on columns, such as"
            " 'stage == \"plan\"'"
        ) from None
    if not isinstance(hit, pd.Series) or not pd.api.types.is_bool_dtype(hit):
        raise EvidenceError(
            f"--where {condition!r} is no condition: it gives no yes or no for each row, as"
            " 'stage == \"plan\"' does"
        )
    return hit.fillna(False).astype(bool)


def unknown_values(rows: pd.DataFrame, condition: str) -> str:
    """Say which texts in a condition no row has in the column that they are compared with.

    Examples
    --------
    >>> rows = pd.DataFrame({"stage": ["plan", "tasks"]})
    >>> unknown_values(rows, 'stage == "paln"')
    "no row has stage 'paln': did you mean plan? There are: plan, tasks"
    """
    told = []
    for column, operator, text in _compared(condition):
        known = _values(rows, column)
        meant = isinstance(operator, _EQUAL) or _is_ordered(rows[column])
        if known and meant and text not in known:
            told.append(f"no row has {column} {text!r}: {suggestion(text, known)}")
    return "; ".join(dict.fromkeys(told))


def _check_columns(rows: pd.DataFrame, condition: str) -> None:
    """Refuse names that are no columns, with what may have been meant."""
    columns = [str(name) for name in rows if name not in _OURS]
    for name in _names(condition):
        if name not in (*columns, *_OURS, "index"):
            quoted = any(name in _values(rows, column) for column in columns)
            hint = f"write it in quotes, as '{name}'" if quoted else suggestion(name, columns)
            raise EvidenceError(f"--where {condition!r}: no column {name!r}; {hint}")


def _names(condition: str) -> list[str]:
    """Return what a condition takes for columns: names but those of functions."""
    nodes = list(_nodes(condition))
    functions = [node.func for node in nodes if isinstance(node, ast.Call)]
    return [node.id for node in nodes if isinstance(node, ast.Name) and node not in functions]


def _nodes(condition: str) -> Iterator[ast.AST]:
    """Yield the parts of a condition; none where it is not Python's grammar but that of pandas."""
    try:
        yield from ast.walk(ast.parse(condition.strip(), mode="eval"))
    except (SyntaxError, ValueError):
        return


def _check_moments(rows: pd.DataFrame, condition: str) -> None:
    """Refuse moments without a time zone, which equal no moment of a column and cannot be ordered.

    Whether a day stands for its first moment or for all of it is for --since and --until to say.
    """
    for column, _, text in _compared(condition):
        if column in rows and isinstance(rows[column].dtype, pd.DatetimeTZDtype):
            try:
                moment = pd.Timestamp(text)
            except ValueError:
                continue
            if moment.tz is None:
                raise EvidenceError(
                    f"--where {condition!r}: {column} is a moment in UTC, and {text!r} has no time"
                    f" zone; write '{moment.isoformat()}Z', or give days to --since and --until"
                )


def _compared(condition: str) -> Iterator[tuple[str, ast.cmpop, str]]:
    """Yield column, operator and text of each comparison of a column itself with texts."""
    for node in _nodes(condition):
        if not isinstance(node, ast.Compare):
            continue
        terms = [node.left, *node.comparators]
        for sides, operator in zip(pairwise(terms), node.ops, strict=True):
            names = [side.id for side in sides if isinstance(side, ast.Name)]
            values = [value for side in sides for value in getattr(side, "elts", [side])]
            texts = [each.value for each in values if isinstance(each, ast.Constant)]
            if len(names) == 1:
                yield from ((names[0], operator, text) for text in texts if isinstance(text, str))


def _values(rows: pd.DataFrame, column: str) -> list[str]:
    """Return the texts that a column has, or may have where they are ordered; none of numbers."""
    if column not in rows:
        return []
    cells = rows[column]
    if _is_ordered(cells):
        return [str(name) for name in cells.cat.categories]
    texts = sorted({each for each in cells.dropna().unique() if isinstance(each, str)})
    return texts if all(len(text) <= _LONGEST for text in texts) else []


def _is_ordered(cells: pd.Series) -> bool:
    return isinstance(cells.dtype, pd.CategoricalDtype) and bool(cells.cat.ordered)
