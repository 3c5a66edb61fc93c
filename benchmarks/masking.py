"""How many secrets are masked, and how much else.

``python benchmarks/masking.py`` masks one fake secret of each shape, as it stands, inside JSON and
among a terminal's colours; then every text file of evidence, and lists what it took for a secret.
``--check`` ends with 1 if a secret is left, or anything but an exported variable is masked there
that is not among the known ones.
"""

from __future__ import annotations

import argparse
import json
import random
import string
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

from shared_files import SHARED

from speckit_analysis.formats import redaction

FOLDERS = ("evidence", "agent_logs", "other_tools")
#: What is masked there beside variables that a shell exported: stand-ins for keys of a provider.
KNOWN_ALARMS = 4

LETTERS = string.ascii_letters + string.digits
URL_SAFE, BASE64, HEX = f"{LETTERS}-_", f"{LETTERS}+/", "0123456789abcdef"

#: What a text goes through before it is read.
SETTINGS: dict[str, Callable[[str], str]] = {
    "as it stands": str,
    "in JSON": lambda text: json.dumps({"a": f"x\n{text}\ny"}),
    "in colour": lambda text: f"\x1b[32m{text}\x1b[0m",
    "in colour, in JSON": lambda text: json.dumps(f"\x1b[32m{text}\x1b[0m"),
    "in JSON in JSON": lambda text: json.dumps(json.dumps({"a": f"x\n{text}"})),
}

# Name, text around the secret {}, its length and alphabet, and how it begins.
_SHAPES = (
    *((f"{prefix}…", "use {} now", size, LETTERS, prefix) for prefix, size in (
        *(("ghp_", 36), ("gho_", 36), ("ghs_", 36), ("ghr_", 36), ("github_pat_", 82)),
        *(("hf_", 34), ("npm_", 36), ("gsk_", 52), ("xai-", 80), ("pplx-", 48), ("r8_", 37)),
        *(("sk_live_", 24), ("rk_live_", 24), ("sk_test_", 24), ("whsec_", 32), ("sk-", 48)),
        *(("lin_api_", 40), ("ntn_", 46), ("AIza", 35), ("dckr_pat_", 27), ("figd_", 40)),
    )),
    *((f"{prefix}…", "use {} now", size, URL_SAFE, prefix) for prefix, size in (
        *(("glpat-", 20), ("sk-proj-", 60), ("sk-ant-api03-", 95), ("ya29.", 60), ("hvs.", 90)),
        *(("GOCSPX-", 28), ("pypi-AgEIcHlwaS5vcmc", 120)),
    )),
    *((f"{prefix}…", "use {} now", size, HEX, prefix) for prefix, size in (
        *(("sk-or-v1-", 64), ("dop_v1_", 64), ("dapi", 32), ("shpat_", 32), ("key-", 32)),
        *(("SK", 32), ("AC", 32)),
    )),
    *((f"AWS {kind}", "id {}.", 16, string.ascii_uppercase, kind) for kind in ("AKIA", "ASIA")),
    *((f"Slack {kind}", "use {}", 24, LETTERS, f"{kind}-1234567890-") for kind in (
        *("xoxb", "xoxp", "xoxa", "xoxs", "xoxe"),
    )),
    ("AWS secret", "aws_secret_access_key = {}", 40, BASE64, ""),
    ("AWS secret, exported", "AWS_SECRET_ACCESS_KEY={}", 40, BASE64, ""),
    ("AWS session", "AWS_SESSION_TOKEN={}", 200, BASE64, ""),
    ("AWS signature", "https://b.s3.amazonaws.com/o?X-Amz-Signature={}", 64, HEX, ""),
    ("JWT", "got {}", 43, URL_SAFE, "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NSJ9."),
    ("Basic", "Authorization: Basic {}==", 24, BASE64, ""),
    ("Basic, short", '-H "Authorization: Basic {}"', 12, string.ascii_letters, ""),
    ("Bearer", "Authorization: Bearer {}", 32, LETTERS, ""),
    ("Bearer, quoted", '{{"Authorization": "Bearer {}"}}', 32, LETTERS, ""),
    *((f"{scheme} URL", scheme + "://app:{}@db.example.org:5432/x", 12, LETTERS, "") for scheme in (
        *("postgres", "postgresql+psycopg2", "mongodb", "mongodb+srv", "redis", "amqp", "mysql"),
        *("https", "ftp"),
    )),
    ("URL, no user", "redis://:{}@cache:6379/0", 12, LETTERS, ""),
    ("URL, @ in it", "postgres://app:{}@db/x", 8, LETTERS, "p@"),
    ("URL, token", "https://{}@example.org/x.git", 40, LETTERS, ""),
    ("?token=", "GET https://example.org/a?token={}&b=1", 24, LETTERS, ""),
    ("?token=, letters", "GET /a?token={}", 10, string.ascii_lowercase, ""),
    ("&api_key=", "https://example.org/a?b=1&api_key={}", 24, LETTERS, ""),
    ("SAS sig=", "https://a.blob.core.windows.net/c?sv=2023&sr=b&sig={}%3D", 43, LETTERS, ""),
    ("AccountKey", "AccountName=a;AccountKey={}==;EndpointSuffix=core", 86, BASE64, ""),
    ("SharedAccessKey", "SharedAccessKeyName=Root;SharedAccessKey={}=", 43, BASE64, ""),
    ("connection string", "Server=x;User Id=sa;Password={};Encrypt=true", 12, LETTERS, ""),
    ("GITHUB_TOKEN", "GITHUB_TOKEN={} make", 20, LETTERS, ""),
    ("GITHUB_TOKEN, letters", "GITHUB_TOKEN={}", 8, string.ascii_lowercase, ""),
    ("export", "export X_API_KEY={}", 20, LETTERS, ""),
    ("export, quoted", 'export X="{} two"', 20, LETTERS, ""),
    ("PGPASSWORD", "PGPASSWORD={} psql", 8, LETTERS, ""),
    ("TWILIO_AUTH_TOKEN", "TWILIO_AUTH_TOKEN={}", 32, HEX, ""),
    (".npmrc", "//registry.npmjs.org/:_authToken={}", 36, LETTERS, ""),
    ("SendGrid", "use {}", 43, URL_SAFE, "SG.abcdefghijklmnopqrstuv."),
    ("Slack hook", "https://hooks.slack.com/services/T0AAAAAAA/B0AAAAAAA/{}", 24, LETTERS, ""),
    ("Discord hook", "https://discord.com/api/webhooks/123456789012345678/{}", 68, URL_SAFE, ""),
    ("Discord bot", "bot MTExMTExMTExMTExMTExMTEx.GabcdE.{}", 38, LETTERS, ""),
    ("Telegram bot", "bot 110201543:{} now", 33, URL_SAFE, "AA"),
    ("Telegram URL", "https://api.telegram.org/bot110201543:{}/getMe", 33, URL_SAFE, "AA"),
    (".netrc", "machine api.example.org login bob password {}", 12, LETTERS, ""),
    (".netrc, lines", "machine api.example.org\n  login bob\n  password {}\n", 12, LETTERS, ""),
    ("cookie", "Cookie: theme=dark; session={}; a=b", 24, LETTERS, ""),
    ("set-cookie", "Set-Cookie: sid={}; Path=/; HttpOnly", 24, LETTERS, ""),
    ("JSON", '{{"user": "bob", "password": "{}"}}', 7, LETTERS, ""),
    ("YAML", "db:\n  password: {}\n  host: x", 7, LETTERS, ""),
    ("YAML, letters", "db:\n  password: {}\n  host: x", 12, string.ascii_lowercase, ""),
    ("YAML, quoted", "db:\n  client_secret: '{} with words'\n", 7, LETTERS, ""),
    ("TOML", 'api_key = "{}"', 10, LETTERS, ""),
    ("header", "X-Api-Key: {}", 20, LETTERS, ""),
    ("--api-key", "tool --api-key {} run", 20, LETTERS, ""),
    ("--token=", "tool --token={} run", 20, LETTERS, ""),
    ("curl -u", "curl -s -u bob:{} https://example.org", 12, LETTERS, ""),
    ("e-mail", "ask {}@example.co.uk please", 12, LETTERS, "j."),
)  # fmt: skip


def fakes(seed: int = 1) -> Iterator[tuple[str, str, list[str]]]:
    """Yield the name of each shape, a text with a fake secret, and the parts of the secret.

    They are put together here, so that no scanner takes this file for a leak.
    """
    draw = random.Random(seed)  # noqa: S311 - nothing is kept secret by these
    for name, text, size, alphabet, start in _SHAPES:
        drawn = "".join(draw.choices(alphabet, k=size))
        # Of what some begin with, such as a bot's number, nothing is secret.
        yield name, text.format(start + drawn), [drawn]
    lines = ["".join(draw.choices(BASE64, k=64)) for _ in range(4)]
    body = "\n".join(lines)
    for kind in ("", "RSA ", "EC ", "DSA ", "OPENSSH ", "ENCRYPTED "):
        marks = [f"-----{side} {kind}PRIVATE KEY-----" for side in ("BEGIN", "END")]
        yield f"{kind}private key", f"a\n{marks[0]}\n{body}\n{marks[1]}\nb", lines
        yield f"{kind}private key, cut", f"a\n{marks[0]}\n{body}", lines
        yield f"{kind}private key, its end", f"{body}\n{marks[1]}\nb", lines


def missed() -> dict[str, list[str]]:
    """Return the shapes of which some part is still there, by setting."""
    return {
        setting: [
            name
            for name, text, parts in fakes()
            if any(part in redaction.mask(write(text)) for part in parts)
        ]
        for setting, write in SETTINGS.items()
    }


def alarms(texts: Iterator[str]) -> Counter[str]:
    """Return what of `texts` is masked that no shell exported."""
    found: Counter[str] = Counter()
    for text in texts:
        exported = [match[0] for match in redaction.EXPORTED.finditer(text)]
        found.update(
            secret
            for secret in _masked_in(text)
            if not any(secret in variable for variable in exported)
        )
    return found


def _masked_in(text: str) -> list[str]:
    secrets: list[str] = []

    def keep(secret: str) -> str:
        secrets.append(secret)
        return redaction.MASK

    redaction.without_secrets(text, keep)
    return secrets


def texts_below(*folders: Path) -> Iterator[str]:
    """Yield the text of every file that is no binary one."""
    for folder in folders:
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            content = path.read_bytes()
            if b"\x00" not in content[:1024]:
                yield content.decode("utf-8", "replace")


def main() -> None:
    """Print both measures; with --check end with 1 if one is worse than known."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folders", nargs="*", type=Path, help="default: evidence of ../shared")
    parser.add_argument("--check", action="store_true", help="end with 1 if it got worse")
    asked = parser.parse_args()
    shapes = len(list(fakes()))
    left = missed()
    for setting, names in left.items():
        print(f"{setting}: {shapes - len(names)} of {shapes} masked {' '.join(names)}")
    folders = asked.folders or [SHARED / name for name in FOLDERS]
    texts = list(texts_below(*folders))
    found = alarms(iter(texts))
    print(f"{found.total()} masked in {sum(map(len, texts)):,} characters beside exports:")
    for secret, times in found.most_common(40):
        print(f"{times:>6}  {secret[:80]!r}")
    worse = any(left.values()) or (not asked.folders and found.total() > KNOWN_ALARMS)
    sys.exit(1 if asked.check and worse else 0)


if __name__ == "__main__":
    main()
