"""Types of fields that several formats share, with the bounds that a sound value keeps."""

from __future__ import annotations

from typing import Annotated

import msgspec

#: A count of something; larger than this is damage, and no integer column could hold it.
Count = Annotated[int, msgspec.Meta(ge=0, le=2**53)]

#: A sum of counts; upstream's Python writes it as ``540.0``.
Total = Count | Annotated[float, msgspec.Meta(ge=0, le=2**53)]

#: Milliseconds, seconds or US dollars: never negative, never infinite.
Amount = Annotated[float, msgspec.Meta(ge=0, le=1e15)]

#: A score on whatever scale the writer uses.
Score = Annotated[float, msgspec.Meta(ge=-1e9, le=1e9)]
