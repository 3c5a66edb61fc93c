"""What reviewers score, and what a score means."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from importlib import resources
from pathlib import Path

import msgspec

from speckit_analysis.errors import EvidenceError
from speckit_analysis.hand_files import read_text

#: Scores go from 0 to 10 in steps of this.
STEP = 0.5


class Criterion(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One thing to score.

    Attributes
    ----------
    name : str
        Under which scores are kept.
    question : str
        What the reviewer is asked.
    anchors : dict of str to str
        What some scores mean, by score.
    """

    name: str
    question: str
    anchors: dict[str, str]


class Rubric(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The criteria of a review, in the order in which they are asked."""

    criterion: tuple[Criterion, ...]

    @property
    def names(self) -> list[str]:
        """Names of the criteria."""
        return [criterion.name for criterion in self.criterion]


def load_rubric(path: Path | None = None) -> Rubric:
    """Return the rubric in a TOML file, by default the project's own.

    Raises
    ------
    EvidenceError
        If it cannot be read or is no rubric; the message names the place.
    """
    if path is None:
        text = resources.files(__package__).joinpath("rubric.toml").read_text(encoding="utf-8")
    else:
        text = read_text(path, "rubric")
    return parse_rubric(text, str(path or "rubric.toml"))


def parse_rubric(text: str, name: str = "rubric.toml") -> Rubric:
    """Return the rubric in a text of TOML."""
    try:
        rubric = msgspec.convert(tomllib.loads(text), Rubric)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise EvidenceError(
            f"{name} is no rubric: {error}; it takes [[criterion]] with name, question and anchors"
        ) from None
    if not rubric.criterion:
        raise EvidenceError(f"{name} has no [[criterion]]")
    doubled = {each for each in rubric.names if rubric.names.count(each) > 1 or each == "overall"}
    if doubled:
        raise EvidenceError(f"{name}: the criterion {sorted(doubled)[0]!r} is there twice")
    return rubric


def parse_score(text: str) -> float | None:
    """Return the score that a reviewer typed; None for nothing.

    Raises
    ------
    ValueError
        If it is no score.

    Examples
    --------
    >>> parse_score("7,5"), parse_score(" "), parse_score("10")
    (7.5, None, 10.0)
    """
    plain = text.strip().replace(",", ".")
    if not plain:
        return None
    try:
        score = float(plain)
    except ValueError:
        score = -1.0
    if not 0 <= score <= 10 or (score / STEP) % 1:
        raise ValueError(f"{text.strip()!r} is no score: 0 to 10 in steps of {STEP}")
    return score


def parse_count(text: str) -> int | None:
    """Return the number of errors that a reviewer typed; None for nothing.

    Raises
    ------
    ValueError
        If it is no such number.

    Examples
    --------
    >>> parse_count(" 3 "), parse_count(""), parse_count("0")
    (3, None, 0)
    """
    plain = text.strip()
    if not plain:
        return None
    if not plain.isdecimal():
        raise ValueError(f"{plain!r} is no number of errors: 0, 1, 2 …")
    return int(plain)


#: How what is typed into a field of a card is read, where it is neither chosen nor free text.
TYPED: dict[str, Callable[[str], float | None]] = {
    "overall": parse_score,
    "errors_found": parse_count,
    "errors_caught": parse_count,
    "false_positives": parse_count,
}

#: What is asked of an arbiter's change alone.
OF_ARBITER = ("assessment", "errors_caught", "false_positives")
