"""Types of fields that several formats share, with the bounds that a sound value keeps."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

#: A count of something; larger than this is damage, and no integer column could hold it.
Count = Annotated[int, msgspec.Meta(ge=0, le=2**53)]

#: A sum of counts; upstream's Python writes it as ``540.0``.
Total = Count | Annotated[float, msgspec.Meta(ge=0, le=2**53)]

#: Milliseconds, seconds or US dollars: never negative, never infinite.
Amount = Annotated[float, msgspec.Meta(ge=0, le=1e15)]

#: A score on whatever scale the writer uses.
Score = Annotated[float, msgspec.Meta(ge=-1e9, le=1e9)]


def names_absolute_path(artifacts: list[Any] | None) -> bool:
    """Tell whether the first artifact, a path or an object with one, is an absolute path."""
    first = artifacts[0] if artifacts else None
    path = first.get("path") if isinstance(first, dict) else first
    return isinstance(path, str) and path.startswith("/")
