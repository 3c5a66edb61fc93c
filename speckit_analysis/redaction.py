"""Secret-shaped strings in captured text, masked wherever the text is shown."""

from __future__ import annotations

import re

import pyarrow as pa
import pyarrow.compute as pc

MASK = "[masked]"

_SECRETS = re.compile(
    r"""(?P<assignment>\b(?:export|declare\s+-x|setx?)\s+[A-Za-z_]\w*=)(?:"[^"\n]*"|'[^'\n]*'|[^\s\\";&|]*)
      | (?P<bearer>\b[Bb]earer\s+)[\w.~+/=-]{12,}
      | (?P<named>\b[\w-]*(?:api[_-]?key|secret|passw(?:or)?d|access[_-]?token|auth[_-]?token)
          [\w-]*["']?\s*[:=]\s*["']?)(?!\$\{)[^\s"',;]{8,}
      | \b(?:sk|pk|rk)-[A-Za-z0-9_-]{16,}
      | \bAIza[A-Za-z0-9_-]{30,}
      | \bgh[pousr]_[A-Za-z0-9]{20,}
      | \bgithub_pat_\w{20,}
      | \bxox[abprs]-[A-Za-z0-9-]{10,}
      | \bAKIA[0-9A-Z]{16}\b
      | -----BEGIN\ [A-Z ]*PRIVATE\ KEY-----[\s\S]*?(?:-----END\ [A-Z ]*PRIVATE\ KEY-----|\Z)
    """,
    re.VERBOSE | re.IGNORECASE,
)
# Cheap test that spares most text the search.
_HINT = re.compile(
    r"export |declare|setx? |bearer|key|secret|passw|token|[spr]k-|AIza|gh[pousr]_|_pat_|xox|AKIA",
    re.IGNORECASE,
)
_HOME = re.compile(r"(?:/home/|/Users/|C:\\Users\\)[\w.-]+")
_HOME_IN_ARROW = _HOME.pattern.replace(r"\w", r"\pL\pN_")  # whose own \w knows ASCII only


def mask(text: str) -> str:
    """Return `text` with secret-shaped strings masked and home folders shortened to ``~``.

    >>> mask("export TOKEN=abc123; ls /home/dev/project")
    'export TOKEN=[masked]; ls ~/project'
    >>> mask("Authorization: Bearer abcdefghijklmnop")
    'Authorization: Bearer [masked]'
    """
    if _HINT.search(text):
        text = _SECRETS.sub(_masked, text)
    return _HOME.sub("~", text)


def mask_all(texts: pa.Array) -> pa.Array:
    """Return `texts` (strings, of which most are harmless) masked, a whole column at once.

    A column that is encoded by a dictionary stays so.
    """
    if texts.null_count == len(texts):
        return texts
    encoded = pa.types.is_dictionary(texts.type)
    recurring = texts if encoded else texts.dictionary_encode()  # what recurs is masked once
    distinct = recurring.dictionary
    masked = _mask_distinct(distinct)
    if masked.equals(distinct):
        return texts
    found = masked.take(recurring.indices)
    return found.dictionary_encode() if encoded else found  # two may have become one


def _mask_distinct(texts: pa.Array) -> pa.Array:
    suspicious = pc.match_substring_regex(texts, _HINT.pattern, ignore_case=True)
    if pc.any(suspicious).as_py():
        found = [mask(text) for text in texts.filter(suspicious).to_pylist()]
        texts = pc.replace_with_mask(texts, suspicious, pa.array(found, pa.string()))
    return pc.replace_substring_regex(texts, _HOME_IN_ARROW, "~")


def _masked(match: re.Match[str]) -> str:
    kept = match["assignment"] or match["bearer"] or match["named"] or ""
    return kept + MASK
