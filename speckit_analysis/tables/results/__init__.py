"""The frames that analyses return: name, dtype, unit and meaning of every column.

Analyses shape what they return by them, pages take headings and number formats from them, and
``docs/results.md`` lists them.
"""

from __future__ import annotations

from speckit_analysis.tables.results.ask import ASK
from speckit_analysis.tables.results.cost import COST
from speckit_analysis.tables.results.disagreement import DISAGREEMENT
from speckit_analysis.tables.results.evidence import EVIDENCE
from speckit_analysis.tables.results.experiment import EXPERIMENT
from speckit_analysis.tables.results.review import REVIEW
from speckit_analysis.tables.results.sessions import SESSIONS

RESULTS = {**ASK, **COST, **DISAGREEMENT, **EVIDENCE, **EXPERIMENT, **REVIEW, **SESSIONS}

__all__ = ["RESULTS"]
