"""Secret-shaped strings in captured text, masked wherever the text is shown."""

from __future__ import annotations

import re
from functools import lru_cache

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
_HOME = re.compile(r"(?:/home/|/Users/|C:\\Users\\)[\w.-]+")
# Cheap test that spares most text the search; Arrow understands it too.
_HINT = re.compile(
    r"export|declare|setx?\s|bearer|key|secret|passw|token|[spr]k-|AIza|gh[pousr]_|_pat_|xox|AKIA"
    r"|/home/|/Users/|C:\\Users\\",
    re.IGNORECASE,
)


def mask(text: str) -> str:
    """Return `text` with secret-shaped strings masked and home folders shortened to ``~``.

    >>> mask("export TOKEN=abc123; ls /home/dev/project")
    'export TOKEN=[masked]; ls ~/project'
    >>> mask("Authorization: Bearer abcdefghijklmnop")
    'Authorization: Bearer [masked]'
    """
    if not _HINT.search(text):
        return text
    return _HOME.sub("~", _SECRETS.sub(_masked, text))


def mask_all(texts: pa.Array) -> pa.Array:
    """Return `texts` (strings, of which most are harmless) masked, a whole column at once.

    A column that is encoded by a dictionary stays so.
    """
    if texts.null_count == len(texts):
        return texts
    if pa.types.is_dictionary(texts.type):
        return _mask_encoded(texts)
    suspicious = pc.match_substring_regex(texts, _HINT.pattern, ignore_case=True)
    if not pc.any(suspicious).as_py():
        return texts
    found = [mask(text) for text in texts.filter(suspicious).to_pylist()]
    return pc.replace_with_mask(texts, suspicious, pa.array(found, pa.string()))


def _mask_encoded(texts: pa.DictionaryArray) -> pa.DictionaryArray:
    distinct = texts.dictionary.to_pylist()
    masked = [_mask_recurring(text) for text in distinct]
    if masked == distinct:
        return texts
    # Decoded and encoded anew, for two values may have become one.
    return pa.array(masked, pa.string()).take(texts.indices).dictionary_encode()


# The few values of a category recur in every chunk of files.
_mask_recurring = lru_cache(maxsize=1024)(mask)


def _masked(match: re.Match[str]) -> str:
    kept = match["assignment"] or match["bearer"] or match["named"] or ""
    return kept + MASK
