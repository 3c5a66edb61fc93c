"""The schema validator as a guardrail: which outputs it lets pass, and how long it takes."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

from speckit_analysis.errors import EvidenceError
from speckit_analysis.evidence.schema import Validation, validate
from speckit_analysis.formats.trial import TrialRecord
from speckit_analysis.hand_files import read_csv

#: Name of the variant.
SCHEMA_GUARDRAIL = "schema"

#: So many characters of a label are told in a message.
_LONGEST = 200

_YES, _NO = {"yes", "true", "1", "valid"}, {"no", "false", "0", "invalid"}


@dataclass(frozen=True)
class Label:
    """What is known of an output: whether it ought to pass, and whose it is."""

    valid: bool
    spec_id: str | None = None
    stage: str | None = None


def read_labels(path: str | os.PathLike[str]) -> dict[str, Label]:
    """Return the label of each output in a CSV with ``output,valid[,spec_id][,stage]``.

    Raises
    ------
    EvidenceError
        If it cannot be read, lacks a column, names an output twice or not at all, or a label is
        neither yes nor no; the message names the line.
    """
    labels: dict[str, Label] = {}
    for line, row in _rows(path):
        output, word = row["output"], row["valid"].lower()
        if not output:
            raise EvidenceError(f"{path} line {line}: no output is named")
        if output in labels:
            raise EvidenceError(f"{path} line {line}: {output} is labelled twice")
        if word not in _YES | _NO:
            raise EvidenceError(
                f"{path} line {line}: valid is {row['valid']!r}; expected yes or no"
            )
        labels[output] = Label(word in _YES, row.get("spec_id") or None, row.get("stage") or None)
    if not labels:
        raise EvidenceError(f"{path} labels nothing; expected lines of output,valid")
    return labels


def _rows(path: str | os.PathLike[str]) -> list[tuple[int, dict[str, str]]]:
    """Return the rows of a CSV by column with their lines, without blanks around what they say."""
    sheet = read_csv(path, "labels", ("output", "valid"))
    if not {"output", "valid"} <= set(sheet.header):
        columns = ", ".join(sheet.header)
        raise EvidenceError(f"{path}: expected the columns output and valid, and found {columns}")
    return [
        (line, {name: cell.strip() for name, cell in row.items()}) for line, row in sheet.records
    ]


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
        If a label names no file below `folder` that is read as evidence, or one that another label
        names already.
    """
    root = Path(folder)
    known = _placed(root, labels)
    begun = perf_counter()
    verdicts = {verdict.source: verdict for verdict in validate([root])}
    latency = 1000 * (perf_counter() - begun) / max(len(verdicts), 1)
    unread = [output for output in known if output not in verdicts]
    if unread:
        raise EvidenceError(f"output {_quoted(unread[0])} in {root} is not read as evidence")
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
        for output, label in known.items()
    ]


def _placed(root: Path, labels: Mapping[str, Label]) -> dict[str, Label]:
    """Return labels by the one path that each output has below `root`."""
    placed: dict[str, Label] = {}
    for output, label in labels.items():
        path = posixpath.normpath(output)
        if posixpath.isabs(path) or path.split("/")[0] == "..":
            raise EvidenceError(f"output {_quoted(output)}: expected a path below {root}")
        if not _is_file(root / path):
            raise EvidenceError(f"no output {_quoted(output)} in {root}")
        if path in placed:
            raise EvidenceError(f"output {_quoted(output)}: {path} is labelled twice")
        placed[path] = label
    return placed


def _is_file(path: Path) -> bool:
    """Tell whether there is such a file; what the operating system refuses to look up is none."""
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def _quoted(output: str) -> str:
    return repr(output if len(output) <= _LONGEST else f"{output[:_LONGEST]}…")


def _reason(verdict: Validation) -> str | None:
    if verdict.valid:
        return None
    return "; ".join(verdict.problems) or "no format recognises it"
