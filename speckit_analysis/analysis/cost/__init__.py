"""What consensus costs: the report ``cost`` and the command ``billing``."""

from speckit_analysis.analysis.cost.premium import (
    agreement_sentence,
    cache_sentence,
    consensus_premium,
    headline,
    latency_sentence,
    over_time,
    profile,
    reported_against_computed,
    run_latency,
    typical_by,
    with_configuration,
    with_tokens,
)
