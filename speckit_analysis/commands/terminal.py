"""Text out of evidence, as it may go to a terminal."""

from __future__ import annotations


def printable(text: str) -> str:
    r"""Return `text` without what would move a terminal's cursor.

    >>> printable("a\x1b[31mb\n")
    'a [31mb '
    """
    return "".join(sign if sign.isprintable() else " " for sign in text)
