"""Secrets, e-mail addresses and home folders in captured text, masked before anything shows it.

The shapes are those that providers document: a prefix and an alphabet, or a name and its value.
No pattern takes more than linear time on any text, for anybody may have written it: what could be
tried again from the next sign is possessive or bounded.
"""

from __future__ import annotations

import hashlib
import re
import string
from collections.abc import Callable, Iterator, Sequence

import pyarrow as pa
import pyarrow.compute as pc

MASK = "[masked]"

#: Beginnings of keys, behind which random letters and digits stand.
_PREFIXES = (
    *("sk-", "pk-", "rk-", "sk_live_", "sk_test_", "rk_live_", "rk_test_", "whsec_", "csk-"),
    *("gsk_", "xai-", "pplx-", "hf_", "r8_", "nvapi-", "tvly-", "tgp_v1_", "jina_", "lsv2_"),
    *("ABSK", "AIza", "GOCSPX-", "ya29.", "1//0", "hvs.", "hvb.", "hvr.", "dapi", "ATATT3"),
    *("ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "dckr_pat_", "dckr_oat_", "figd_"),
    *("glpat-", "gloas-", "gldt-", "glrt-", "glcbt-", "glptt-", "glft-", "glimt-", "glagent-"),
    *("glsoat-", "glffct-", "npm_", "pypi-", "rubygems_", "dop_v1_", "doo_v1_", "dor_v1_", "pul-"),
    *("lin_api_", "lin_oauth_", "ntn_", "sbp_", "sb_secret_", "pscale_", "sntrys_", "sntryu_"),
    *("glc_", "glsa_", "nfp_", "CCIPAT_", "NRAK-", "PMAK-", "shpat_", "shpca_", "shppa_", "shpss_"),
    *("sq0atp-", "sq0csp-", "sq0idp-", "dp.pt.", "dp.st.", "dp.ct.", "xapp-", "AGE-SECRET-KEY-1"),
    *("xoxb-", "xoxp-", "xoxa-", "xoxs-", "xoxr-", "xoxe-", "xoxc-", "xoxd-", "xoxo-", "xoxe."),
)
_KEY_OF = "|".join(
    rf"(?<={word})|(?<={word}[_-])"
    for word in (
        *("api", "access", "private", "client", "account", "auth", "subscription", "signing"),
        *("encryption", "master", "service", "storage", "deploy", "license", "webhook"),
        *("openai", "anthropic", "gemini", "azure", "secret"),
    )
)
# Where a secret may begin: not inside a word, but behind an escape of JSON, of a URL or of a
# terminal, whose last letter is no part of a word.
_START = (
    r"(?:(?<![A-Za-z0-9])|(?<=\\[nrtbf])|(?<=\\u[0-9a-f]{4})|(?<=%[0-9A-Fa-f]{2})|(?<=[\d;\[]m)"
    r"|(?<=/bot))"
)
_SPACE = r"(?:\s|\\[nrt])"
_QUOTED = (
    r"""(?:"(?:[^"\\\n]|\\.){0,4096}+"?|'(?:[^'\\\n]|\\.){0,4096}+'?"""
    r"""|\\{1,7}"[^"\n]{0,4096}+"?|\\{1,7}'[^'\n]{0,4096}+'?)"""
)
_BARE = r"""(?:[^\s\x1b"'`,;&|<>{}()\[\]\\]|\\(?![nrtu"'\\]))"""


def _rule(kept: str, secret: str, case: int = re.IGNORECASE) -> re.Pattern[str]:
    return re.compile(f"({kept}){secret}", re.VERBOSE | case)


EXPORTED = _rule(
    rf"{_START}(?:export|declare{_SPACE}{{1,9}}-x|setx?){_SPACE}{{1,9}}"
    r"[a-z_]\w{0,99}+=",
    rf"""(?:{_QUOTED}|(?:[^\s\x1b"'`;&|\\]|\\(?![nrtu"'\\]))*+)""",
)
#: Where one of the words stands, the pattern is tried: what is kept, and behind it a secret.
_RULES: tuple[tuple[tuple[str, ...], re.Pattern[str]], ...] = (
    (
        tuple(dict.fromkeys(prefix.lower() for prefix in _PREFIXES)),
        _rule(
            _START,
            rf"(?:{'|'.join(map(re.escape, _PREFIXES))})"
            r"(?=[a-z_.-]{0,64}+[A-Z0-9]|[a-z]{16})[A-Za-z0-9_.=+/-]{12,}+",
            case=0,
        ),
    ),
    (
        ("akia", "asia", "abia", "acca", "sk", "ac", "key-", "eyj", "sg."),
        _rule(
            _START,
            r"""(?:(?:(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}|(?:SK|AC|key-)[0-9a-f]{32})(?![\w-])
                |(?:eyJ[A-Za-z0-9_-]{8,900}+|SG)\.[A-Za-z0-9_-]{8}[A-Za-z0-9_.-]*+)""",
            case=0,
        ),
    ),
    ((":",), _rule(r"(?<=\d{8}):", r"[A-Za-z0-9_-]{35}(?![\w-])")),  # Telegram
    ((".",), _rule(r"(?<=[\w-]{23})\.", r"[\w-]{6}\.[\w-]{27,40}(?![\w-])")),  # Discord
    (
        ("hooks.slack", "discord", "webhook.office"),
        _rule(
            r"""hooks\.slack(?:-gov)?\.com/(?:services|workflows|triggers)/
                |discord(?:app)?\.com/api/webhooks/\d{5,20}/|webhook\.office\.com/webhookb2/""",
            r"[\w@/+-]{10,}+",
        ),
    ),
    (("export", "declare", "set"), EXPORTED),
    (
        ("://",),
        _rule(
            r"://[^\s/:@\"'<>\\]{0,128}+:(?!\$|<|%s|\[masked)|://(?=[\w-]{20,128}+@)",
            r"[^\s/\"'<>\\]{1,128}(?=@[\w\[.-])",
        ),
    ),
    (
        ("authorization",),
        _rule(
            r"""authorization\\{0,7}["']?\s{0,9}+[:=]\s{0,9}+\\{0,7}["']?
                (?:bearer|basic|token|digest|apikey|key|bot)\s{1,9}+""",
            r"[^\s\"'`,;\\$<\[][^\s\"'`,;\\]{3,}+",
        ),
    ),
    (
        ("bearer",),
        _rule(r"bearer\s{1,9}+(?=[a-z]{0,64}+[^a-z\s]|[a-z]{16})", r"[\w.~+/=-]{12,}+"),
    ),
    (("basic",), _rule(r"basic\s{1,9}+(?=[a-z+/]{0,64}+[0-9=])", "[a-z0-9+/]{12,}+={0,2}")),
    (
        ("cookie",),
        _rule(
            r"""cookie\\{0,7}["']?\s{0,9}+[:=]\s{0,9}+\\{0,7}["']?(?=[\w.-]{1,64}+=)""",
            r"""[^\r\n"'\\]++""",
        ),
    ),
    (
        ("machine", "login", "account"),  # .netrc
        _rule(
            rf"(?:machine|login|account)(?:\s{{1,9}}+\S{{1,128}}+\s{{1,9}}+password\s{{1,9}}+"
            rf"|[ ]{{1,9}}+[^\s\\]{{1,128}}+{_SPACE}{{1,9}}+password[ ]{{1,9}}+)",
            r"""[^\s"'\\\[][^\s"'\\]*+""",
        ),
    ),
    (
        ("curl",),
        _rule(
            r"""curl\s[^\r\n]{0,200}?\s(?:-u|--user)[\s=]{1,9}+["']?[^\s:"']{1,64}+:""",
            r"""[^\s"'\\$\[][^\s"'\\]*+""",
        ),
    ),
    (
        ("--",),
        _rule(
            r"--(?:[a-z]{1,15}-){0,3}(?:password|passphrase|token|secret|api-?key)\s{1,9}+"
            r"(?![-$<\[])",
            rf"(?:{_QUOTED}|{_BARE}++)",
        ),
    ),
    (
        ("?", "&"),
        _rule(
            r"""[?&](?:\w{0,20}?token|key|code|sig|signature
                |x-(?:amz|goog)-(?:signature|credential|security-token))=(?![$<{\[])""",
            r"""[^\s"'<>&\\]{6,}+""",
        ),
    ),
)
#: Words in the names of secrets.
_NAMES = ("passw", "passphrase", "pwd", "secret", "credential", "token", "jwt", "auth", "key")
_NAMED = re.compile(
    rf"""(?P<name>(?:(?P<strong>passw(?:or)?d|passphrase|pwd|secret|credentials?|(?:{_KEY_OF})key)
          |token|jwt|auth)(?P<rest>[\w-]{{0,40}}+)
        \\{{0,7}}["']?\s{{0,9}}+(?:=>|:=|[:=])(?P<gap>\s{{0,9}}+))(?P<value>{_QUOTED}|{_BARE}++)""",
    re.VERBOSE | re.IGNORECASE,
)
_PEM = re.compile(
    r"-----BEGIN [A-Z ]{0,30}PRIVATE KEY(?: BLOCK)?-----[^\"]*?"
    r"(?:-----END [A-Z ]{0,30}PRIVATE KEY(?: BLOCK)?-----|(?=\\{0,7}\")|\Z)"
    # … or its end, where the beginning was cut off.
    r"|(?<![A-Za-z0-9+/=\\\r\n])[A-Za-z0-9+/=\\\r\n]++-----END [A-Z ]{0,30}PRIVATE KEY-----"
)
_EMAIL = re.compile(
    r"(?:(?<![\w.%+\\-])|(?<=\\[nrtbf])|(?<=\\u[0-9a-f]{4}))(?!git@)[\w.%+-]{1,64}+"
    r"@(?:[A-Za-z0-9-]{1,63}+\.){1,5}(?!(?:png|jpg|svg|gif|webp|service|timer)\b)[A-Za-z]{2,24}+"
    r"(?![\w-])"
)
_HOME = re.compile(r"(?:/home/|/Users/|C:\\{1,2}Users\\{1,2})[\w.-]+")

# What spares most columns the search: Arrow looks for this, always in linear time.
_HINT = (
    "(?i:://|@|[?&][ckst]|/home/|/users/|c:[\\\\]|-----|"
    + "|".join(re.escape(w) for w in ("export", "declare", "set ", "setx", "bearer", "basic"))
    + f"|cookie|curl|login|--|{'|'.join(_NAMES)})|[0-9]{{8}}:|\\.[A-Za-z0-9_-]{{6}}\\."
    + "|A[KSB]IA|ACCA|(?:SK|AC)[0-9a-f]|eyJ|SG\\.|hooks|discord|webhook|"
    + "|".join(map(re.escape, _PREFIXES))
)


# Values that stand for a secret and are none.
_NUMBER = re.compile(r"[\d.,:+%/-]+")
_PLACEHOLDER = re.compile(
    r"\[masked|[$%<{]|\*+$|x{3,}$|\.{2,}|…"
    r"|(?:true|false|null|none|nil|undefined|required|optional|string|str|text|missing|invalid"
    r"|expired|present|unset|empty|hidden|redacted|unknown|environment|configured)$",
    re.IGNORECASE,
)
#: A variable's name, or an attribute, from which a program takes the value.
_VARIABLE = re.compile(r"[A-Za-z_]+(?:\.[A-Za-z_]+)+|[A-Z]+(?:_[A-Z]+)+|[a-z]+(?:_[a-z]+)+")
#: What may follow ``token`` or ``secret`` in the name of a secret: no ``token_count``.
_REST = re.compile(
    r"(?:[_-]?(?:access|key|base|value|string|hash|secret|token|password|prod|production|staging"
    r"|dev|test|live|main|old|new|ci|\d{1,3}))*+",
    re.IGNORECASE,
)
#: Letters and digits, or letters of both sizes in a long text.
_RANDOM = re.compile(
    r"(?=.{8})(?=[^0-9]{0,999}+[0-9])(?=[^A-Za-z]{0,999}+[A-Za-z])"
    r"|(?=.{16})(?=[^A-Z]{0,999}+[A-Z])(?=[^a-z]{0,999}+[a-z])(?!.{0,999}\s)"
)
_OPENING = re.compile(r"""\\*["']|""")
_LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)  # keeps the length

Naming = Callable[[str], str]


def mask(text: str) -> str:
    """Return `text` with secrets and e-mail addresses masked and home folders shortened to ``~``.

    Mask before shortening: half a key has no shape.

    >>> mask("export TOKEN=abc123; ls /home/dev/project")
    'export TOKEN=[masked]; ls ~/project'
    >>> mask("Authorization: Bearer abcdefghijklmnop")
    'Authorization: Bearer [masked]'
    """
    return _HOME.sub("~", without_secrets(text, _anonymous))


def mask_name(text: str) -> str:
    """Return an id, a path or a name with secrets masked, so that two names stay two.

    >>> mask_name("run-7"), mask_name("for ann@x.org") == mask_name("for bob@x.org")
    ('run-7', False)
    """
    return without_secrets(text, _pseudonym)


def mask_person(text: str) -> str:
    """Return a person's name, which may be an e-mail address, with other secrets masked."""
    return _secrets(text, _pseudonym)


def shortened(text: str, most: int) -> str:
    """Return `text`, or the beginning of it, in which no secret was cut through."""
    return text if len(text) <= most else mask(text)[:most]


def mask_all(texts: Sequence[tuple[pa.Array, Naming]]) -> list[pa.Array]:
    """Return columns of text, each masked as the function beside it says.

    They are searched all at once, since Arrow takes a millisecond to understand what for.  A column
    that is encoded by a dictionary stays so.
    """
    distinct = [_distinct(column) for column, _ in texts]
    whole = pa.concat_arrays([pa.array([], pa.string()), *distinct])
    suspicious = pc.match_substring_regex(whole, _HINT).fill_null(False)
    masked, start = [], 0
    for (column, masking), values in zip(texts, distinct, strict=True):
        here = suspicious.slice(start, len(values))
        start += len(values)
        if pc.any(here).as_py():
            found = pa.array(map(masking, values.filter(here).to_pylist()), pa.string())
            column = _like(column, pc.replace_with_mask(values, here, found))
        masked.append(column)
    return masked


def _distinct(column: pa.Array) -> pa.Array:
    return column.dictionary if pa.types.is_dictionary(column.type) else column


def _like(column: pa.Array, values: pa.Array) -> pa.Array:
    # Decoded and encoded anew, for two values may have become one.
    encoded = pa.types.is_dictionary(column.type)
    return values.take(column.indices).dictionary_encode() if encoded else values


def _anonymous(_: str) -> str:
    return MASK


def _pseudonym(secret: str) -> str:
    return f"{MASK[:-1]}-{hashlib.sha256(secret.encode()).hexdigest()[:6]}]"


def without_secrets(text: str, name: Naming) -> str:
    """Return `text` with each secret and e-mail address replaced by what `name` makes of it."""
    text = _secrets(text, name)
    return _EMAIL.sub(lambda match: name(match[0]), text) if "@" in text else text


def _secrets(text: str, name: Naming) -> str:
    def behind(match: re.Match[str]) -> str:
        return match[1] + name(match[0][len(match[1]) :])

    def behind_name(match: re.Match[str]) -> str:
        return _named(match, name)

    if "PRIVATE KEY" in text:
        text = _PEM.sub(lambda match: name(match[0]), text)
    lowered = _lowered(text)
    for words, pattern in (*_RULES, (_NAMES, _NAMED)):
        places = sorted(_places(lowered, words))
        if places:
            by = behind_name if pattern is _NAMED else behind
            masked = _replaced(text, places, pattern, by)
            text, lowered = masked, lowered if masked == text else _lowered(masked)
    return text


def _lowered(text: str) -> str:
    """Return `text` in small letters, each where it was."""
    lowered = text.lower()
    return lowered if len(lowered) == len(text) else text.translate(_LOWER)


def _replaced(
    text: str,
    places: Sequence[int],
    pattern: re.Pattern[str],
    by: Callable[[re.Match[str]], str],
) -> str:
    """Replace what matches `pattern` at one of `places`."""
    parts, end = [], 0
    for place in places:
        match = pattern.match(text, place) if place >= end else None
        if match:
            parts += [text[end:place], by(match)]
            end = match.end()
    return "".join([*parts, text[end:]]) if parts else text


def _places(text: str, words: Sequence[str]) -> Iterator[int]:
    for word in words:
        place = text.find(word)
        while place >= 0:
            yield place
            place = text.find(word, place + 1)


def _named(match: re.Match[str], name: Naming) -> str:
    """Mask the value behind a name such as ``password``, unless it stands for one."""
    value = match["value"]
    lead = str(_OPENING.match(value)[0])  # type: ignore[index]
    bare = value[len(lead) :]
    if lead and bare.endswith(lead[-1]):
        bare = bare[:-1].rstrip("\\")
    if not _is_secret(match, bare, quoted=bool(lead)):
        return match[0]
    return f"{match['name']}{lead}{name(bare)}{value[len(lead) + len(bare) :]}"


def _is_secret(match: re.Match[str], value: str, *, quoted: bool) -> bool:
    if len(value) < 4 or _PLACEHOLDER.match(value) or not _REST.fullmatch(match["rest"]):
        return False
    after = match.string[match.end() : match.end() + 1]
    if not quoted and after in ("(", "["):
        return False  # a call
    assigned = match["name"].rstrip().endswith("=")
    shouted = match["name"].isupper()  # as names in an environment are
    variable = _VARIABLE.fullmatch(value) is not None and not (shouted and assigned)
    random = _RANDOM.match(value) is not None
    if _NUMBER.fullmatch(value):
        return match["strong"] is not None and (quoted or assigned)
    if random or variable:
        return random
    if match["strong"] is None:
        return (shouted and assigned) or len(value) >= 20
    prose = not (quoted or assigned) and bool(match["gap"])
    return not prose or (len(value) >= 6 and after in ("", "\n", "\r", "\\", '"', "'", "\x1b"))
