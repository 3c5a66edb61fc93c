"""What holds for all tests."""

from __future__ import annotations

import gc

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what waits for a browser, so that no core is left alone with it at the end."""
    items.sort(key=lambda item: item.get_closest_marker("browser") is None)


def pytest_collection_finish() -> None:
    """Let no collection of garbage look through all that was imported, again and again."""
    gc.freeze()


def pytest_sessionfinish() -> None:
    gc.unfreeze()
