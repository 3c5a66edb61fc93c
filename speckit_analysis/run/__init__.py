"""Writers of evidence: what one writes, a format reads."""

from speckit_analysis.run.schema_guardrail import SCHEMA_GUARDRAIL, Label, judge, read_labels

__all__ = ["SCHEMA_GUARDRAIL", "Label", "judge", "read_labels"]
