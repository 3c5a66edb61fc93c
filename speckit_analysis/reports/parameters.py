"""Parameters: what each notebook declares, and what the user gives."""

from __future__ import annotations

import ast
import json
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from math import isfinite
from pathlib import Path

from speckit_analysis.errors import ReportError
from speckit_analysis.reports.limits import FILE, broken_limit, limit_in

#: Types of parameters that are told apart.
_KINDS: dict[str, type] = {
    kind.__name__: kind for kind in (bool, int, float, str, list, tuple, dict, set)
}

#: What people write for a flag.
_WORDS = {
    **dict.fromkeys(("yes", "true", "on", "1"), True),
    **dict.fromkeys(("no", "false", "off", "0"), False),
}

#: Parameters that the batch itself sets.
RESERVED = ("evidence",)


@dataclass(frozen=True)
class Parameter:
    """A line of the cell tagged ``parameters``: ``name: type = default  # meaning``."""

    name: str
    type: str
    default: str
    meaning: str
    #: What its value may be, from the end of its meaning; empty for anything.  See
    #: :mod:`speckit_analysis.reports.limits`.
    limit: str = ""

    @property
    def kind(self) -> str:
        """The Python type that its values have, as annotated or else of its default.

        Empty if neither tells.
        """
        choices = re.sub(r"^(?:\w+\.)?(?:Optional|Union)\[(.*)\]$", r"\1", self.type)
        while (outer := re.sub(r"\[[^][]*\]", "", choices)) != choices:
            choices = outer
        names = set(re.findall(r"\w+", choices)) - {"None"}
        default = _default(self)
        if not names and default is not None and default != self.default:
            # One that is no plain value, such as a call, is its own source here.
            names = {type(default).__name__}
        kind = names.pop().lower() if len(names) == 1 else ""
        return kind if kind in _KINDS else ""

    @property
    def optional(self) -> bool:
        """Whether None is one of its values."""
        return self.default == "None" or "Optional" in self.type or "|" in self.type

    @property
    def is_file(self) -> bool:
        """Whether it names a file."""
        return self.limit == FILE


def declared_parameters(path: Path) -> dict[str, Parameter]:
    """Return the parameters that the notebook at `path` declares, by name.

    Raises
    ------
    ReportError
        If the file is not a notebook that papermill can read.
    """
    from papermill import inspect_notebook

    try:
        found = inspect_notebook(path)
    except Exception as error:  # papermill lets through whatever its readers raise
        first_line = str(error).strip().partition("\n")[0]
        raise ReportError(f"cannot read the notebook {path}: {first_line}") from error
    return {
        name: Parameter(
            name,
            entry["inferred_type_name"],
            entry["default"],
            entry["help"],
            limit_in(entry["help"], found),
        )
        for name, entry in found.items()
    }


def parse_assignments(
    texts: Iterable[str], declared: Iterable[Mapping[str, Parameter]]
) -> dict[str, object]:
    """Turn ``key=value`` texts into typed values.

    A value takes the type that a notebook declares for it, or else that of its default.  Where
    neither tells, it is read as JSON or as a Python constant if it is one, and as text otherwise.

    Parameters
    ----------
    texts : iterable of str
        What the user typed.
    declared : iterable of mapping
        The parameters of each notebook.

    Raises
    ------
    ReportError
        If a text is not an assignment, its value has the wrong type, or two notebooks would take it
        for different values.

    Examples
    --------
    >>> parse_assignments(["margin=0.05", "stages=[1, 2]", "spec=SPEC-KIT-900"], [])
    {'margin': 0.05, 'stages': [1, 2], 'spec': 'SPEC-KIT-900'}
    """
    takers: dict[str, list[Parameter]] = {}
    for parameters in declared:
        for name, parameter in parameters.items():
            takers.setdefault(name, []).append(parameter)
    values: dict[str, object] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name.isidentifier():
            raise ReportError(f"{text!r} is not a parameter: write it as key=value")
        readings = [_typed(one, value) for one in takers.get(name, [])] or [_guessed(value)]
        if any(repr(reading) != repr(readings[0]) for reading in readings):
            said = " and ".join(dict.fromkeys(map(repr, readings)))
            raise ReportError(
                f"notebooks take the parameter {name!r} for {said}: run them one at a time"
            )
        values[name] = readings[0]
    return values


def choose_parameters(
    declared: Mapping[Path, Mapping[str, Parameter]], given: Mapping[str, object]
) -> dict[Path, dict[str, object]]:
    """Return for each notebook those of the `given` values that it declares, files as absolute.

    Raises
    ------
    ReportError
        If a value is given that no notebook declares, that the batch itself sets, or that is not of
        the type that a notebook declares.
    """
    for name in given:
        if name in RESERVED:
            raise ReportError(f"the parameter {name!r} is set by --{name}")
        if not any(name in parameters for parameters in declared.values()):
            raise ReportError(f"no notebook has a parameter {name!r}; {_known(declared, name)}")
    return {
        path: {
            name: _absolute(parameters[name], _checked(parameters[name], value))
            for name, value in given.items()
            if name in parameters
        }
        for path, parameters in declared.items()
    }


def _absolute(parameter: Parameter, value: object) -> object:
    """Return a file under its absolute path, as kernels start elsewhere; another value as it is."""
    is_file = parameter.is_file and value
    return str(Path(str(value)).expanduser().absolute()) if is_file else value


def check_limits(
    notebook: str, declared: Mapping[str, Parameter], chosen: Mapping[str, object]
) -> None:
    """Make sure that a notebook's parameters are within the limits that it declares.

    Parameters
    ----------
    notebook : str
        Its name, for the error.
    declared : mapping
        Its parameters.
    chosen : mapping
        The values given; the others have their default.

    Raises
    ------
    ReportError
        If a value breaks a limit: which, and what may stand there.
    """
    values = {name: _default(parameter) for name, parameter in declared.items()} | dict(chosen)
    for name, parameter in declared.items():
        broken = broken_limit(parameter.limit, values[name], values) if parameter.limit else ""
        if broken:
            raise ReportError(f"the parameter {name!r} of the notebook {notebook} {broken}")


def _default(parameter: Parameter) -> object:
    """Return the value of a default, or its source where that is more than a plain value."""
    try:
        return ast.literal_eval(parameter.default)
    except (ValueError, SyntaxError):
        return parameter.default


def effective_parameters(
    declared: Mapping[str, Parameter], passed: Mapping[str, object]
) -> list[dict[str, str]]:
    """Return every parameter of a notebook with the value it ran with, as text."""
    return [
        {
            "name": parameter.name,
            "value": repr(passed[name]) if name in passed else parameter.default,
            "meaning": parameter.meaning,
        }
        for name, parameter in declared.items()
    ]


def _typed(parameter: Parameter, text: str) -> object:
    """Return the value that a text has for a parameter."""
    kind, word = parameter.kind, text.strip().lower()
    if kind == "str":
        return text
    if parameter.optional and word in ("none", "null"):
        return None
    value = _guessed(text)
    if kind == "bool":
        value = _WORDS.get(word)
    return value if kind == "" else _checked(parameter, value, text)


def _checked(parameter: Parameter, value: object, text: str | None = None) -> object:
    """Return a value that a parameter takes; `text` is what the user wrote."""
    kind = parameter.kind
    if kind == "" or (value is None and parameter.optional and text is None):
        return value
    if kind == "float" and type(value) is int:
        value = float(value)
    if kind in ("tuple", "set") and isinstance(value, list | tuple):
        value = {"tuple": tuple, "set": set}[kind](value)
    if kind == "str" and isinstance(value, os.PathLike):
        value = os.fspath(value)
    if type(value) is _KINDS[kind] and not (isinstance(value, float) and not isfinite(value)):
        return value
    written = repr(value) if text is None else repr(text)
    hints = {"bool": " (yes or no)", "float": _number_meant(text or "")}
    raise ReportError(
        f"the parameter {parameter.name!r} takes {kind}, not {written}{hints.get(kind, '')}"
    )


def _number_meant(text: str) -> str:
    """Say how to write a percentage or a decimal comma.

    >>> _number_meant("5%"), _number_meant("0,5"), _number_meant("ten")
    ('; write 0.05', '; write 0.5', '')
    """
    found = re.fullmatch(r"\s*([+-]?\d+)(?:[.,](\d+))?\s*(%?)\s*", text)
    if found is None:
        return ""
    whole, fraction, percent = found.groups()
    return f"; write {float(f'{whole}.{fraction or 0}') / (100 if percent else 1):g}"


def _guessed(text: str) -> object:
    constants: dict[str, object] = {"None": None, "True": True, "False": False}
    if text in constants:
        return constants[text]
    try:
        return json.loads(text)
    except ValueError:
        return text


def _known(declared: Mapping[Path, Mapping[str, Parameter]], meant: str) -> str:
    """Say which parameter may have been meant, and which there are, notebook by notebook."""
    free = {
        path.stem: [name for name in of if name not in RESERVED] for path, of in declared.items()
    }
    close = get_close_matches(meant, sorted({name for names in free.values() for name in names}), 1)
    told = "; ".join(f"{stem} knows {', '.join(names) or 'none'}" for stem, names in free.items())
    return f"did you mean {close[0]!r}? {told}" if close else told
