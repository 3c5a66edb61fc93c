"""Text as a reader sees it, however it is written: invisible signs, look-alikes, markup, encodings.

Names are looked for in a shadow of the text and replaced in the text itself, which keeps every
other sign as it was written.
"""

from __future__ import annotations

import base64
import binascii
import codecs
import html
import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass

Span = tuple[int, int]

#: Letters of other alphabets, and the Latin ones that they are taken for.
_LOOK_ALIKES = {
    ord(sign): letter
    for signs, letters in (
        ("АВСЕНІЈКМОРЅТУХԚԜаԁеһіјкӏорсѕутхѵԛԝ", "ABCEHIJKMOPSTYXQWadehijklopcsytxvqw"),  # Cyrillic
        ("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧαικνορτυχϲոսօցհ", "ABEZHIKMNOPTYXaikvoptuxcnuogh"),  # Greek, Armenian
        ("ɑɡɩıᴀʙᴄᴅᴇɢʜɪᴊᴋʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢ", "agiiabcdeghijklmnoprstuvwyz"),
        ("‐‒–—−’‘“”", "-----''\"\""),
    )
    for sign, letter in zip(signs, letters, strict=True)
}
_INVISIBLE = (
    r"\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u202a-\u202e"
    r"\u2060-\u206f\ufe00-\ufe0f\ufeff"
)
_UNSEEN = re.compile(f"[{_INVISIBLE}]")
#: What stands for one letter.
_WRITTEN = (
    r"&(?:\#\d{1,7}|\#[xX][0-9a-fA-F]{1,6}|[A-Za-z]{2,31});"
    r"|%[2-7][0-9A-Fa-f]|\\u00[2-7][0-9A-Fa-f]|\\x[2-7][0-9A-Fa-f]"
)
#: What a page does not show, or shows as no sign of its own.
_MARKUP = (
    r"<!--.{0,200}?-->|</?[A-Za-z][^<>\n]{0,200}>|\]\([^()\s]{0,200}\)|!?\[|\*+|~~|`+|_{2,}|_(?=\w)"
    r"|\\(?=[*_`~\[\]-])|\{\}"
)
_PLAIN = re.compile(rf"(?P<drop>[{_INVISIBLE}])|(?P<one>{_WRITTEN})|[^\x00-\x7f]")
_BARE = re.compile(
    rf"(?P<drop>[{_INVISIBLE}]|(?<=[^\W\d_])(?:{_MARKUP}){{1,4}}+(?=\w|[<*_~`\[\\!&%]))"
    rf"|(?P<one>{_WRITTEN})|[^\x00-\x7f]"
)
_BASE64 = re.compile(r"(?<![A-Za-z0-9+/_=-])[A-Za-z0-9+/_-]{6,}+={0,2}")
_HEX = re.compile(r"(?<![A-Za-z0-9])(?:0x)?(?:[0-9A-Fa-f]{2}[ :]?+){3,}+(?<![ :])(?![A-Za-z0-9])")
_SPACED = re.compile(
    r"(?<![A-Za-z0-9])[A-Za-z](?:[ .*_|/+·\n-]{1,3}[A-Za-z0-9](?![A-Za-z0-9])){2,}+"
)


@dataclass(frozen=True)
class Shadow:
    """A text in plain letters, and where in the original each of them stands."""

    text: str
    starts: list[int]
    ends: list[int]

    def span(self, start: int, end: int) -> Span:
        """Return where in the original a part of the shadow stands."""
        return self.starts[start], self.ends[end - 1]

    def asking(self, original: Callable[[int], bool]) -> Callable[[int], bool]:
        """Return what tells of a place in the shadow what `original` tells of the text's own."""
        return lambda place: original(self.starts[place])


def shadows(text: str) -> Iterator[Shadow]:
    """Yield a text in plain letters, and once more without markup inside words, if there is any.

    >>> [shadow.text for shadow in shadows("Cl**au**de &#67;laude")]
    ['Cl**au**de Claude', 'Claude Claude']
    """
    plain = _shadow(text, _PLAIN)
    yield plain
    bare = _shadow(text, _BARE)
    if bare.text != plain.text:
        yield bare


def _shadow(text: str, pattern: re.Pattern[str]) -> Shadow:
    parts: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    end = 0

    def copy(until: int) -> None:
        parts.append(text[end:until])
        starts.extend(range(end, until))
        ends.extend(range(end + 1, until + 1))

    for found in pattern.finditer(text):
        copy(found.start())
        end = found.end()
        if found["drop"] is None:
            letters = _letters(found[0])
            parts.append(letters)
            starts.extend([found.start()] * len(letters))
            ends.extend([end] * len(letters))
    copy(len(text))
    return Shadow("".join(parts), starts, ends)


def _letters(written: str) -> str:
    """Return the plain letters that a sign, or what stands for one, is taken for."""
    if written[0] == "&":
        written = html.unescape(written)
    elif written[0] in "%\\" and len(written) > 1:
        written = chr(int(written[-2:], 16))
    decomposed = unicodedata.normalize("NFKD", written.translate(_LOOK_ALIKES))
    plain = _UNSEEN.sub("", decomposed.translate(_LOOK_ALIKES))
    return "".join(letter for letter in plain if not unicodedata.combining(letter))


def encoded(text: str, names: Callable[[str], bool]) -> Iterator[Span]:
    """Yield the parts of a text that hold a name once decoded: base64 and hexadecimal."""
    for pattern, decode in ((_BASE64, _from_base64), (_HEX, _from_hex)):
        for found in pattern.finditer(text):
            decoded = decode(found[0])
            if decoded and names(decoded):
                yield found.span()


def _from_base64(token: str) -> str:
    bare = token.rstrip("=").replace("-", "+").replace("_", "/")
    try:
        return _printable(base64.b64decode(bare + "=" * (-len(bare) % 4)))
    except binascii.Error:  # one letter too many: no base64
        return ""


def _from_hex(token: str) -> str:
    return _printable(bytes.fromhex(token.removeprefix("0x").replace(":", " ")))


def _printable(content: bytes) -> str:
    text = content.decode("latin-1")
    return text if re.fullmatch(r"[\t\n\r -~]+", text) else ""


def rotated(text: str) -> str:
    """Return a text with each letter moved by thirteen."""
    return codecs.encode(text, "rot13")


def spaced(text: str) -> Iterator[tuple[str, list[int]]]:
    """Yield words whose letters stand apart, in small letters, with the place of each letter.

    >>> next(spaced("by C l a u d e"))
    ('claude', [3, 5, 7, 9, 11, 13])
    """
    for found in _SPACED.finditer(text):
        places = [at for at in range(*found.span()) if text[at].isalnum()]
        yield "".join(text[at] for at in places).lower(), places
