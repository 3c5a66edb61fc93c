"""Which keys of a JSON answer say who wrote it, or in which run."""

from __future__ import annotations

import re
from typing import Any

from speckit_analysis.formats.payload import METADATA_FIELDS
from speckit_analysis.review.names import holds_name

_PARTS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")
_WHICH = r"(?:ai|source|response|output|base|underlying|primary|coding|language|chat|worker|main) "
_WHAT = (
    r" (?:id|ids|name|names|version|release|type|info|metadata|config|label|slug|family|used|role"
    r"|tag|backend|settings|email|hash|key|mode)"
)
_MADE = (
    r"(?:generated|created|written|produced|authored|made|powered|built|signed|drafted|prepared"
    r"|answered|submitted|responded|completed|composed|coauthored|co authored)"
)
#: Keys that mean an author wherever they stand: who it is, or made by whom.
_AUTHOR = re.compile(
    rf"(?:{_WHICH})*(?:agent|llm|assistant|bot|chatbot)"
    rf"(?: (?:agent|model|llm|provider|engine))?(?:{_WHAT})*"
    rf"|(?:{_WHICH})+(?:model|engine|provider)(?:{_WHAT})*"
    r"|model(?: (?:id|name|version|release|provider|family|used))+"
    rf"|{_MADE} (?:by|with|using|via)(?:{_WHAT})*"
)
#: Keys that mean an author at the top of an answer, and may mean something else deeper in it.
_LIKELY = re.compile(
    r"(?:model|engine|provider|vendor|author|authors|creator|writer|generator|signature|signed"
    rf"|persona|identity)(?:{_WHAT})*"
    r"|(?:tool|cli|sdk|app|client|harness|editor|ide|runtime|prompt) (?:name|id|version)"
    r"|(?:session|run|request|response|conversation|thread|trace|message|completion|execution)"
    r" (?:id|ids|uuid|key)"
    rf"|{_MADE} (?:at|on|time|timestamp|date)|timestamps?"
)
#: Keys whose value decides wherever they stand.
_SOMETIMES = {"tool", "cli", "editor", "ide", "by", "via", "source", "from", "with", "name"}
#: Measures of a call: numbers under these keys are those of whoever answered.
_MEASURE = re.compile(
    r"(?:.* )?(?:tokens|token usage|usage|latency|duration|elapsed|temperature|top p|cost)"
    r"(?: (?:ms|s|seconds|usd|sec))?|reasoning (?:mode|effort)|(?:finish|stop) reason"
    r"|system fingerprint|knowledge cutoff"
)
#: Who answers and how, and what the aggregator of a run says of the others.
_LEFT_OUT = (METADATA_FIELDS - {"status"}) | {"consensus"}
_ID = re.compile(r"(?=\D*+\d)[\w.:-]++")


def tells_author(key: str, value: Any, *, deep: bool) -> bool:
    """Tell whether a key and its value say who wrote an answer.

    At the top every key counts that usually means an author, a run or what a call took.  Deeper,
    where ``engine`` may be a database's and ``signature`` a function's, such a key counts only if
    its value names a model or a program, signs with a short name, or is an id of a run.

    >>> [tells_author(key, "x1", deep=False) for key in ("llm", "generatedBy", "data_model")]
    [True, True, False]
    >>> tells_author("engine", "InnoDB", deep=True), tells_author("engine", "GPT-5", deep=True)
    (False, True)
    """
    words = " ".join(part.lower() for part in _PARTS.findall(key))
    if _AUTHOR.fullmatch(words):
        return not isinstance(value, list) or all(isinstance(each, str) for each in value)
    if not deep and (
        key in _LEFT_OUT
        or _LIKELY.fullmatch(words) is not None
        or (_MEASURE.fullmatch(words) is not None and _is_measure(value))
    ):
        return True
    return (
        (_LIKELY.fullmatch(words) is not None or words in _SOMETIMES)
        and isinstance(value, str)
        and (
            holds_name(f"model: {value}")
            or (words.startswith(("author", "signature", "signed")) and _is_short_name(value))
            or (words.endswith((" id", " uuid", " at", "timestamp")) and bool(_ID.fullmatch(value)))
        )
    )


def _is_measure(value: Any) -> bool:
    if isinstance(value, dict):
        return all(_is_measure(each) for each in value.values())
    return isinstance(value, int | float | str) and (
        not isinstance(value, str) or len(value.split()) == 1
    )


def _is_short_name(value: str) -> bool:
    return len(value.split()) <= 3 and not re.search(r"[(){}<>:;=]", value)
