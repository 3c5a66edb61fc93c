"""How often agents disagree, on what, and how it ends: the report ``disagreement``."""

from speckit_analysis.analysis.disagreement.frequency import (
    comparable_runs,
    degraded,
    escalations,
    flag_against_points,
    flag_sentence,
    genuine,
    headline,
    independence_sentence,
    outcome_sentence,
    rate,
    rates,
    shares,
    stages_alike,
    types_by_severity,
)
