"""Files in a text: what looks like a path, and which of it is one."""

from __future__ import annotations

import re

_ENDINGS = (
    "md|rs|py|sh|jsonl?|toml|db|ya?ml|txt|log|tsx?|jsx?|go|java|sql|html|css|lock|cfg|ini|csv|cpp"
    "|hpp|[ch]|cs|rb|php|swift|kt|ipynb|mdc|patch|diff|pdf|png|svg|env|xml|proto|tf"
)
# A colon stands in a path between digits of a time, a pair of stars between folders.
_SIGN = r"(?:[\w.@{}+,$-]|\*(?!\*)|(?<=/)\*\*|(?<=\d):(?=\d))"
#: What may be a path, without the marks of bold text around it and the line behind it.
PATH = re.compile(
    rf"(?<![\w@/.~{{}}:+*,$-])(?:\*\*|__)?(?P<path>(?:[~.]{{0,2}}/)?(?:{_SIGN}++/)++(?:{_SIGN}*[\w@}}+*])?"
    # Without a folder, these endings are those of variables: console.log, process.env.
    rf"|\.?\w(?:[\w+-]|(?<=\d):(?=\d))*+(?:\.[\w+-]+)*"
    rf"\.(?!(?:log|env|db|c|h|cs|diff)\b)(?:{_ENDINGS})\b(?![\w(])(?!\.\w))(?::\d+(?:[:-]\d+)?)?"
)
_FILE = re.compile(rf".*\.(?:{_ENDINGS})(?::\d+(?::\d+|-\d+)?)?", re.IGNORECASE)
_HOME = re.compile(
    r"(?:~|\.{1,2}|/(?:home|users|root|tmp|mnt|private|workspaces?))/.*"
    r"|\.?(?:src|docs?|tests?|lib|bin|scripts|evidence|crates|packages|node_modules|build|dist"
    r"|github|git)/.*",
    re.IGNORECASE,
)
#: A program that is called like a file: ``Node.js``.
_PROGRAM = re.compile(r"[A-Z]\w+\.(?:js|go)")


def is_file(path: str, *, named: bool) -> bool:
    """Tell a file or folder from a route, a media type, and words that a slash stands between.

    A file has a known ending, begins where people and runs keep theirs, or lies in a folder of
    sources; one that holds an author's name (`named`) may also be called like a program.

    >>> [is_file(path, named=False) for path in ("src/core", "plan.md", "~/notes", "/tmp/x")]
    [True, True, True, True]
    >>> [is_file(path, named=False) for path in ("/v1/items", "and/or", "/etc/hosts", "Node.js")]
    [False, False, False, False]
    """
    if _PROGRAM.fullmatch(path):
        return named
    return _FILE.fullmatch(path) is not None or _HOME.fullmatch(path) is not None


def ending(name: str) -> str:
    """Return the ending of a file's name with its dot, if it is a known one."""
    return f".{name.rsplit('.', 1)[1]}" if _FILE.fullmatch(name) else ""
