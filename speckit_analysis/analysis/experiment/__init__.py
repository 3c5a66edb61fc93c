"""What to adopt: the reports on one model, research, arbiter, guardrail and decision."""

from speckit_analysis.analysis.experiment.variants import compare_variants, every_variant
