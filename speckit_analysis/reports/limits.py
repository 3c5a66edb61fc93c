"""Limits of parameters: what a notebook says, beside a parameter, that its value may be.

A limit stands in brackets at the end of the parameter's comment, where whoever reads the notebook,
``report --list`` or a page sees it too, and is one of

* ``[at least 0.5, below 1]``: bounds, of ``at least``, ``above``, ``at most``, ``below`` and
  ``other than``, each with a number or with another parameter of the notebook;
* ``[one of day, week, month]``: the values there are;
* ``[some of measured, stub]``: the values that may stand in a comma separated text;
* ``[file]``: a file that exists; an empty text is none.

Brackets with anything else in them are part of the comment and limit nothing.
"""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any

#: Seconds that a notebook may run, unless the user says otherwise.
TIMEOUT = 3600

#: The limit of a parameter that names a file.
FILE = "file"

_BOUNDS: dict[str, Callable[[Any, Any], bool]] = {
    "at least": operator.ge,
    "above": operator.gt,
    "at most": operator.le,
    "below": operator.lt,
    "other than": operator.ne,
}

_NUMBER = r"-?\d+(?:\.\d+)?(?:e-?\d+)?"
_BOUND = re.compile(rf"({'|'.join(_BOUNDS)}) ({_NUMBER}|[^\W\d]\w*)")
_LISTED = re.compile(r"(one|some) of (.+)")


def limit_in(comment: str, names: Collection[str] = ()) -> str:
    """Return the limit at the end of a parameter's comment, or an empty text.

    Parameters
    ----------
    comment : str
        What the notebook says of the parameter.
    names : collection of str
        The notebook's parameters, which bounds may name.

    Examples
    --------
    >>> limit_in("level of all intervals [at least 0.5, below 1]")
    'at least 0.5, below 1'
    >>> limit_in("SPECs to show [those of last week]")
    ''
    """
    found = re.search(r"\[([^\[\]]+)\]$", comment.strip())
    text = found.group(1).strip() if found else ""
    if text == FILE or _LISTED.fullmatch(text):
        return text
    return text if all(_is_bound(part, names) for part in text.split(",")) else ""


def _is_bound(text: str, names: Collection[str]) -> bool:
    found = _BOUND.fullmatch(text.strip())
    return found is not None and bool(
        found.group(2) in names or re.fullmatch(_NUMBER, found.group(2))
    )


def broken_limit(limit: str, value: object, others: Mapping[str, object]) -> str:
    """Return how a value breaks a limit, or an empty text if it does not.

    Parameters
    ----------
    limit : str
        From :func:`limit_in`.
    value : object
        The value of the parameter.
    others : mapping of str to object
        The values of all parameters, for bounds that name one.

    Examples
    --------
    >>> broken_limit("at least 0.5, below 1", 1.5, {})
    'is to be at least 0.5, below 1, and not 1.5'
    >>> broken_limit("one of day, week", "week", {})
    ''
    """
    if limit == FILE:
        return _broken_file(value)
    listed = _LISTED.fullmatch(limit)
    if listed:
        given = _parts(str(value)) if listed.group(1) == "some" else [str(value)]
        kept = bool(given) and all(each in _parts(listed.group(2)) for each in given)
    else:
        kept = all(_holds(part, value, others) for part in _parts(limit))
    return "" if kept else f"is to be {_told(limit, others)}, and not {value!r}"


def _parts(text: str) -> list[str]:
    return [part for part in map(str.strip, text.split(",")) if part]


def _holds(bound: str, value: object, others: Mapping[str, object]) -> bool:
    found = _BOUND.fullmatch(bound)
    if found is None:
        return True
    name, text = found.groups()
    edge = others[text] if text in others else float(text)
    if name != "other than" and not (_is_number(value) and _is_number(edge)):
        return False
    return _BOUNDS[name](value, edge)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and type(value) is not bool and math.isfinite(value)


def _told(limit: str, others: Mapping[str, object]) -> str:
    """Return a limit with the value of each parameter that it names."""

    def with_value(found: re.Match[str]) -> str:
        name = found.group(2)
        return f"{found.group()} ({others[name]!r})" if name in others else found.group()

    return limit if _LISTED.fullmatch(limit) else _BOUND.sub(with_value, limit)


def _broken_file(value: object) -> str:
    path = Path(str(value))
    if not value or path.is_file():
        return ""
    what = "that is a folder" if path.is_dir() else "there is none of this name"
    return f"is to be a file, and {path} is not: {what}"
