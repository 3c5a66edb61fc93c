"""Which names there are: of models, of who makes them and of programs that work with them.

Models and providers are those of the price list.  ``names.toml`` holds what the list cannot know:
programs, and which names mean something else as well.
"""

from __future__ import annotations

import re
import tomllib
from functools import cache
from pathlib import Path

from speckit_analysis.prices.published import listed_names, serves_models

_LISTS = tomllib.loads(Path(__file__).with_name("names.toml").read_text(encoding="utf-8"))
PROGRAMS, _MAKERS, COMPANIES, _WORDS = (
    frozenset(_LISTS[kind].split()) for kind in ("programs", "makers", "companies", "words")
)
SENSES = {name: re.compile(rf"\b(?:{words})", re.I) for name, words in _LISTS["senses"].items()}

# Words of a product behind its name; these anywhere …
PRODUCTS = (
    "opus|sonnet|haiku|fable|mythos|flash|lite|mini|nano|turbo|pro|codex|instruct|coder|cli|xhigh"
)
# … and these with a capital, or behind a version.
CAPITALS = (
    "Instant|Max|Air|Code|Chat|Large|Medium|Small|Fast|Preview|Thinking|Reasoner|Ultra|Plus|Scout"
    "|Maverick|Desktop|Experimental|Exp|Latest|Advanced|Web|IDE|Studio|Nemo|Next|Super|Online"
    "|Reasoning|Vision|Live|Image|Omni|Micro|Premier|Guard|Base|Distill|Build|Canvas|Agent|AI"
    "|LLM|Labs?|DeepMind|Research|Artifacts|Heavy|Deep[ ]Think|Deep[ ]Research|Q|R"
)
_NUMBER = r"v?\d++(?:[._-]\d++)*+(?:[a-z]{1,3}(?![a-z]))?+\+?+|[kvrmaxs]\d++(?:\.\d++)*+b?+"
# What a hyphen joins to a name without being part of it.
_JOINED = (
    r"(?:based|powered|style|like|generated|assisted|written|driven|compatible|specific|only|led"
    r"|friendly|authored|created|produced|side|first|to|and|or|vs|related|free|made|inspired|trained)\b"
)
_TAIL = re.compile(
    rf"(?:(?:[-_.:@/]?+|[ ](?!\d++-\d))(?:{_NUMBER})(?![a-z])(?!\s*(?:%|times\b|of\b))"
    rf"(?:[ ](?:(?i:{CAPITALS})\b))*"
    rf"|[-_.:@/ ]?(?:{PRODUCTS})(?![a-z])"
    rf"|[ /](?-i:{CAPITALS})(?![A-Za-z])"
    rf"|-(?!{_JOINED})[a-z0-9]++"
    r"|:(?:free|batch|beta|online|nitro|floor|exacto|thinking|\d+)\b"
    r"|[ ]?\((?:v?\d++(?:\.\d++)++|none|minimal|low|medium|high|xhigh|thinking|preview|free|latest)"
    r"[^()]{0,20}\))*+",
    re.IGNORECASE,
)
PIECES = re.compile(r"[a-z]+|\d+")


def end_of_name(text: str, end: int) -> int:
    """Return where a name ends, with the version and product behind the word that ends there."""
    found = _TAIL.match(text, end)
    return found.end() if found else end


@cache
def known_names() -> dict[str, bool]:
    """Return each name of one word, in small letters, and whether it is found everywhere."""
    providers, models = listed_names()
    words = {_first(model.rpartition("/")[2]) for model in models} | PROGRAMS | _MAKERS | {*SENSES}
    words |= {maker for model in models for maker in model.lower().split("/")[:-1]}
    words |= {re.sub(r"[ .-]", "", provider.lower()) for provider in providers}
    words |= {word.removesuffix("-ai").removesuffix("-org") for word in words}
    words = {word for word in words if len(word) > 2 and word.isalpha()} | {"glm", "qwq", "xai"}
    return {word: word not in COMPANIES | _WORDS and word not in SENSES for word in words}


def _first(model: str) -> str:
    found = PIECES.search(model.lower())
    return found[0] if found else ""


@cache
def listed_ids() -> frozenset[str]:
    """Return the ids of models that stand in the list with a sign that no word has."""
    ids = {model.lower() for model in listed_names()[1]}
    ids |= {bare for model in ids if len(PIECES.findall(bare := model.rpartition("/")[2])) > 2}
    return frozenset(model for model in ids if not model.isalnum())


@cache
def ids_by_word() -> dict[str, tuple[re.Pattern[str], ...]]:
    """Return of each ordinary word, and short letter, the ids of models that begin with it."""
    of_word: dict[str, set[str]] = {}
    for model in listed_names()[1]:
        bare = model.lower().rpartition("/")[2].partition(":")[0]
        pieces = PIECES.findall(bare)
        if not pieces or is_coined(pieces[0]):
            continue
        ids = of_word.setdefault(pieces[0], set())
        if len(pieces) > 2 or (len(pieces) == 2 and pieces[1].isalpha()):
            ids.add(r"[-_.@ ]?".join(pieces))
        if len(pieces) > 2 and re.fullmatch(f"{PRODUCTS}|{CAPITALS}", pieces[1], re.IGNORECASE):
            ids.add(rf"{pieces[0]}[-_ ]{pieces[1]}")
    return {
        word: tuple(
            re.compile(rf"{spelled}(?![a-z0-9])", re.IGNORECASE)
            for spelled in sorted(ids, key=len, reverse=True)
        )
        for word, ids in of_word.items()
    }


def is_coined(word: str) -> bool:
    """Tell whether a word in small letters is a name wherever it stands, or is mostly one."""
    return known_names().get(word, False) or word in SENSES


def is_of_maker(url: str) -> bool:
    """Tell whether an address is that of somebody who makes models or programs."""
    host = re.sub(r"^\w+://|[/:?#].*$", "", url.lower())
    *_, name, domain = ["", *host.split(".")]
    word = f"{name}{domain}" in known_names() or (name in known_names() and name not in COMPANIES)
    if any(is_coined(label) for label in host.split(".")):
        return True
    return serves_models(url) or (word and (domain == "ai" or name in PROGRAMS))
