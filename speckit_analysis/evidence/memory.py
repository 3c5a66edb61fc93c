"""The memory of a load: taken from the system, given back once free, not searched for garbage."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

import pyarrow as pa


@contextmanager
def frugal() -> Iterator[None]:
    """Let Arrow use the system's allocator for a while; its own keeps as much as is in use."""
    usual = pa.default_memory_pool()
    pa.set_memory_pool(pa.system_memory_pool())
    try:
        yield
    finally:
        pa.set_memory_pool(usual)
        give_back()


def give_back() -> None:
    """Return to the system what Python, pandas and Arrow have freed."""
    pa.system_memory_pool().release_unused()


@contextmanager
def no_garbage_collection() -> Iterator[None]:
    """Spare the collector the search through a load's many objects, none of which is garbage."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
