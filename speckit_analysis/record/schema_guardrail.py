"""The schema validator as a guardrail: which outputs it lets pass, and how long it takes."""

from __future__ import annotations

import csv
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

from speckit_analysis.errors import EvidenceError
from speckit_analysis.formats.trial import TrialRecord
from speckit_analysis.schema import Validation, validate

#: Name of the variant.
SCHEMA_GUARDRAIL = "schema"

_YES, _NO = {"yes", "true", "1", "valid"}, {"no", "false", "0", "invalid"}


@dataclass(frozen=True)
class Label:
    """What is known of an output.

    Attributes
    ----------
    valid : bool
        It ought to pass.
    spec_id, stage : str or None
        Whose it is.
    """

    valid: bool
    spec_id: str | None = None
    stage: str | None = None


def read_labels(path: str | os.PathLike[str]) -> dict[str, Label]:
    """Return the label of each output in a CSV with ``output,valid[,spec_id][,stage]``.

    Raises
    ------
    EvidenceError
        If it cannot be read, lacks a column, names an output twice, or a label is neither yes nor
        no; the message names the line.
    """
    try:
        with Path(path).open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise EvidenceError(f"cannot read the labels {path}: {error}") from None
    labels: dict[str, Label] = {}
    for line, row in enumerate(rows, start=2):
        output, said = (row.get(name) for name in ("output", "valid"))
        if not output or said is None:
            raise EvidenceError(f"{path} line {line}: expected the columns output and valid")
        if output in labels:
            raise EvidenceError(f"{path} line {line}: {output} is labelled twice")
        word = said.strip().lower()
        if word not in _YES | _NO:
            raise EvidenceError(f"{path} line {line}: valid is {said!r}; expected yes or no")
        labels[output] = Label(word in _YES, row.get("spec_id") or None, row.get("stage") or None)
    if not labels:
        raise EvidenceError(f"{path} labels nothing; expected lines of output,valid")
    return labels


def judge(
    folder: str | os.PathLike[str], labels: Mapping[str, Label], experiment: str
) -> list[TrialRecord]:
    """Hold outputs against the schemas of their formats, as a guardrail would.

    Parameters
    ----------
    folder : path
        Where the outputs lie.
    labels : mapping of str to Label
        What is known of each output, by its path below `folder`.
    experiment : str
        Under which the trials are recorded.

    Returns
    -------
    list of TrialRecord
        One per label.  What no format recognises is stopped.  A latency is the mean over all
        outputs, since they are read together; a check by schema costs nothing.

    Raises
    ------
    EvidenceError
        If there is no such output.
    """
    root = Path(folder)
    for output in labels:
        if not (root / output).is_file():
            raise EvidenceError(f"no output {output!r} in {root}")
    begun = perf_counter()
    verdicts = {each.source: each for each in validate([root])}
    latency = 1000 * (perf_counter() - begun) / max(len(verdicts), 1)
    return [
        TrialRecord(
            experiment=experiment,
            variant=SCHEMA_GUARDRAIL,
            output=output,
            valid=label.valid,
            passed=verdicts[output].valid,
            spec_id=label.spec_id,
            stage=label.stage,
            reason=_reason(verdicts[output]),
            latency_ms=round(latency, 3),
            cost_usd=0.0,
        )
        for output, label in labels.items()
    ]


def _reason(verdict: Validation) -> str | None:
    if verdict.valid:
        return None
    return "; ".join(verdict.problems) or "no format recognises it"
