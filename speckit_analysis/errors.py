"""Errors that a user can cause and mend: one plain message, no traceback needed."""

from __future__ import annotations

import errno


def is_disk_full(error: BaseException) -> bool:
    """Whether an error says that a disk, or what a user may have of it, is full."""
    return isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)


class EvidenceError(Exception):
    """The evidence asked for cannot be loaded; the message says why and what to do."""


class EvidenceProblems(EvidenceError):
    """Raised by ``load(strict=True)``: lists every problem that was found.

    Attributes
    ----------
    problems
        The ``problems`` table, severity ``error`` and ``warning``.
    """

    def __init__(self, problems: object, message: str) -> None:
        super().__init__(message)
        self.problems = problems


class ReportError(Exception):
    """Reports cannot be made as asked; the message says what to change."""
