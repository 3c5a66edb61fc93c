"""What simulated agents write about, as data: topics with positions, risks, steps, findings."""

from __future__ import annotations

from importlib import resources

import msgspec


class Topic(msgspec.Struct, frozen=True):
    """A question with the positions that agents take on it."""

    name: str
    kind: str
    positions: tuple[str, str, str, str]


class Texts(msgspec.Struct, frozen=True):
    """Everything in ``topics.toml``."""

    topics: tuple[Topic, ...]
    risks: tuple[str, ...]
    steps: tuple[str, ...]
    findings: tuple[str, ...]


TEXTS = msgspec.toml.decode(
    resources.files(__package__).joinpath("topics.toml").read_bytes(), type=Texts
)
