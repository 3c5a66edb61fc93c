"""Kinds of problems that loading files; docs/problems.md explains each, in this order.

A format of somebody else may file kinds of its own.
"""

PROBLEM_KINDS = frozenset(
    {
        # Files that cannot be read
        *("unreadable", "too_large", "special_file", "empty_file", "format_failed", "binary_file"),
        *("invalid_json", "encoding", "not_a_number", "unrecognised_file", "dry_run"),
        # Fields that do not follow the schema
        *(
            "missing_field",
            "mistyped_field",
            "loosely_typed",
            "unknown_schema_version",
            "unknown_status",
        ),
        "unknown_event",
        # Names and identity
        *("template_literal", "identity_differs", "unknown_stage", "unknown_agent"),
        "truncated_spec",
        *("mixed_spelling", "mixed_schema_versions", "absolute_path"),
        # Time
        *("implausible_timestamp", "timestamps_contradict"),
        # Verdicts that do not follow
        *("ok_over_failed_agents", "agents_differ", "ok_over_failed_checks", "ok_without_agents"),
        *("empty_synthesis", "unlock_contradicts", "failure_without_error"),
        *("participation_differs", "flag_without_points", "points_without_flag"),
        "unfinished_attempt",
        # Figures
        *("zero_cost", "repeated_amount", "missing_cost", "missing_tokens", "no_telemetry"),
        *("cost_differs_from_price", "unknown_price", "totals_differ", "metrics_differ"),
        *("tokens_contradict", "tokens_ambiguous", "price_before_release", "price_list_older"),
        "tier_price_estimated",
        # Rows that are not measurements
        *("stub", "role_played", "hand_written", "placeholder", "inconsistent_indentation"),
        # Answers
        *("unusable_proposal", "other_stage", "shared_payload", "empty_verdict"),
        "many_runs_in_one_file",
        # Experiments
        *("override_uninvoked", "assessment_without_override"),
        *("unknown_column", "repeated_outcome", "rate_contradicts_counts", "picked_afterwards"),
        *("errored_result", "incomplete_results", "cached_answer"),
        "unnamed_variant",
        # Copies
        *("duplicate", "repeated_call", "repeated_record", "superseded"),
    }
)
