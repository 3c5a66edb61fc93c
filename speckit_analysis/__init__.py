"""Does multi-model consensus pay?  Evidence in, tidy frames and decisions out.

>>> import speckit_analysis as sk
>>> ev = sk.load(sk.sample_path())
>>> list(ev)[:3]
['runs', 'calls', 'sessions']
"""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from speckit_analysis.errors import EvidenceError, EvidenceProblems
    from speckit_analysis.evidence.load import Evidence, load
    from speckit_analysis.sample import sample_path
    from speckit_analysis.tables import TABLES

__all__ = ["TABLES", "Evidence", "EvidenceError", "EvidenceProblems", "load", "sample_path"]

try:
    __version__ = version("speckit-analysis")
except PackageNotFoundError:  # run from a checkout that is not installed
    __version__ = "0+unknown"

# Loaded when first used: worker processes and the command line start without pandas.
_HOMES = {
    "Evidence": "evidence.load",
    "EvidenceError": "errors",
    "EvidenceProblems": "errors",
    "TABLES": "tables",
    "load": "evidence.load",
    "sample_path": "sample",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
