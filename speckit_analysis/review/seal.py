"""The key of a review: what each packet is, bound to it by a commitment."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

import msgspec

from speckit_analysis.errors import EvidenceError


class Secret(msgspec.Struct, frozen=True):
    """What a packet is."""

    unit: str
    variant: str
    spec_id: str
    stage: str
    source: str
    salt: str
    repeat_of: str | None = None
    cost_usd: float | None = None
    seconds: float | None = None


class Key(msgspec.Struct, frozen=True):
    """The key of a review."""

    experiment: str
    packets: dict[str, Secret]
    reviewers: dict[str, str]
    kind: str = "blind_review_key"


def key_path(folder: Path) -> Path:
    """Return where the key of a review lies, unless told otherwise: beside its folder."""
    return beside(folder, ".key.json")


def beside(folder: Path, ending: str) -> Path:
    """Return the path of a file that lies beside a folder and has its name."""
    # Resolved, since "." has no name that one could add to, and ".." a false one.
    whole = folder.resolve()
    return whole.with_name(f"{whole.name}{ending}")


def commitment(packet: str, secret: Secret, text: str, brief: str | None) -> str:
    """Return the salted SHA-256 that binds a packet to its unit and variant, and to what is read.

    `text` is what reviewers read of the packet, `brief` the task beside it, if there is any.
    """
    whole = json.dumps([secret.salt, packet, secret.unit, secret.variant, text, brief])
    return hashlib.sha256(whole.encode()).hexdigest()


def encoded(value: Any) -> bytes:
    """Return a struct as the JSON of a review's files."""
    return msgspec.json.format(msgspec.json.encode(value), indent=1) + b"\n"


def write_key(path: Path, key: Key) -> None:
    """Write the key for its owner's eyes only, from the first moment on."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(encoded(key))


def read_key(path: Path) -> Key:
    """Return the key in a file.

    Raises
    ------
    EvidenceError
        If there is none, or it cannot be read.
    """
    try:
        return msgspec.json.decode(path.read_bytes(), type=Key)
    except FileNotFoundError:
        raise EvidenceError(f"no key at {path}: say where it is with --key") from None
    except (OSError, msgspec.MsgspecError) as error:
        raise EvidenceError(f"cannot read the key {path}: {error}") from None
