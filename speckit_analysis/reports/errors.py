"""What can go wrong through no fault of a notebook."""

from __future__ import annotations


class ReportError(Exception):
    """Reports cannot be made as asked; the message says what to change."""
