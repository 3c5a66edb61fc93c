"""Evidence formats: one module each, and nothing else knows how a format looks."""

from speckit_analysis.formats.file import EvidenceFile
from speckit_analysis.formats.registry import (
    Format,
    bullets,
    formats,
    recognise,
    recognise_bytes,
    recognise_content,
    schemas,
)
from speckit_analysis.formats.rows import Rows

__all__ = [
    "EvidenceFile",
    "Format",
    "Rows",
    "bullets",
    "formats",
    "recognise",
    "recognise_bytes",
    "recognise_content",
    "schemas",
]
