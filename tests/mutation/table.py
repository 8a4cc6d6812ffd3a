"""The core modules, and the tests that belong to each: those nearest to it first, the widest last."""

WIDE = ("tests/sessions/test_histories.py", "tests/sessions/test_demo.py")
TWO_TENANTS = ("tests/isolation/test_twins.py",)
STORED = ("tests/tracing/test_store.py", "tests/tracing/test_golden.py", *WIDE, *TWO_TENANTS)

TESTS: dict[str, tuple[str, ...]] = {
    "config/embedded/supervisor.py": ("tests/config/test_supervisor.py",),
    "projects/access.py": (
        "tests/projects/test_members.py",
        "tests/projects/test_organizations.py",
        "tests/projects/test_key_pages.py",
        "tests/projects/test_audit.py",
        "tests/sessions/test_list_page.py",
    ),
    "projects/auth.py": (
        "tests/projects/test_auth.py",
        "tests/projects/test_key_pages.py",
        "tests/projects/test_first_start.py",
        "tests/tracing/test_rest.py",
        "tests/tracing/test_endpoints.py",
        "tests/sessions/test_api.py",
    ),
    "projects/rate_limits.py": (
        "tests/config/test_rates.py",
        "tests/tracing/test_quota.py",
        "tests/tracing/test_limits.py",
    ),
    "projects/pins.py": ("tests/projects/test_sqlguard.py",),
    "projects/sqlguard.py": ("tests/projects/test_sqlguard.py",),
    "projects/jobs/leases.py": ("tests/projects/test_leases.py", "tests/sessions/test_export_files.py"),
    "sessions/cohorts/statistics.py": ("tests/sessions/test_statistics.py", "tests/sessions/test_cohorts_compare.py"),
    "sessions/deletion/erasing.py": (
        "tests/sessions/test_deletion.py",
        "tests/sessions/test_tombstones.py",
        "tests/sessions/test_remains.py",
        "tests/sessions/test_bulk.py",
        "tests/sessions/test_export_files.py",
    ),
    "sessions/deletion/subjects.py": (
        "tests/sessions/test_deletion.py",
        "tests/sessions/test_tombstones.py",
        "tests/sessions/test_remains.py",
    ),
    "sessions/deletion/views.py": ("tests/sessions/test_deletion.py", "tests/projects/test_audit.py"),
    "sessions/export/stream.py": (
        "tests/sessions/test_export.py",
        "tests/sessions/test_export_files.py",
        "tests/sessions/test_score_order.py",
    ),
    "sessions/models/aggregates.py": (
        "tests/sessions/test_durations.py",
        "tests/sessions/test_account.py",
        *WIDE,
        *TWO_TENANTS,
    ),
    "sessions/models/session_properties.py": (
        "tests/sessions/test_properties.py",
        "tests/sessions/test_durations.py",
        *WIDE,
        *TWO_TENANTS,
        "tests/sessions/test_query.py",
    ),
    "sessions/query/compiling.py": (
        "tests/sessions/test_query.py",
        "tests/sessions/test_search.py",
        "tests/sessions/test_search_scan.py",
    ),
    "sessions/query/conditions.py": (
        "tests/sessions/test_query.py",
        "tests/sessions/test_listing.py",
        "tests/sessions/test_bulk.py",
    ),
    "sessions/query/period.py": (
        "tests/sessions/test_listing.py",
        "tests/sessions/test_list_page.py",
        "tests/sessions/test_query_pages.py",
        "tests/sessions/test_dashboard.py",
        "tests/sessions/test_summary.py",
    ),
    "sessions/rollup/session_rows.py": (
        "tests/sessions/test_recompute_slices.py",
        "tests/sessions/test_score_types.py",
        "tests/sessions/test_remains.py",
        "tests/sessions/test_cohorts.py",
        *WIDE,
        *TWO_TENANTS,
    ),
    "sessions/translation/masking.py": ("tests/translation/test_structure.py", "tests/sessions/test_translation.py"),
    "tracing/ingest/quota.py": ("tests/tracing/test_quota.py", "tests/tracing/test_metering.py"),
    "tracing/limits/fitting.py": (
        "tests/tracing/test_limits.py",
        "tests/tracing/test_fields.py",
        "tests/tracing/test_clocks.py",
        "tests/tracing/test_store.py",
        "tests/tracing/test_complaints.py",
        "tests/tracing/test_rest.py",
        "tests/tracing/test_pricing.py",
    ),
    "tracing/lists/keyset.py": (
        "tests/sessions/test_listing.py",
        "tests/tracing/test_trace_list.py",
        "tests/sessions/test_api.py",
        "tests/sessions/test_observations_api.py",
    ),
    "tracing/pricing/price_list.py": (
        "tests/tracing/test_pricing.py",
        "tests/tracing/test_prices.py",
        "tests/tracing/test_store.py",
    ),
    "tracing/store/counting.py": (
        "tests/tracing/test_rollup.py",
        "tests/sessions/test_account.py",
        "tests/sessions/test_histories.py",
    ),
    "tracing/store/trace_totals.py": (
        "tests/tracing/test_rollup.py",
        "tests/tracing/test_latency.py",
        "tests/tracing/test_pricing.py",
        *STORED,
    ),
    "tracing/store/merging.py": ("tests/tracing/test_merging.py", *STORED),
    "tracing/store/rows.py": (
        "tests/tracing/test_merging.py",
        "tests/tracing/test_rollup.py",
        "tests/tracing/test_pricing.py",
        *STORED,
    ),
    "tracing/store/statements.py": (
        "tests/statements/test_statements.py",
        "tests/tracing/test_locks.py",
        *STORED,
        "tests/tracing/test_langfuse_batch.py",
    ),
    "tracing/store/writing.py": (
        "tests/tracing/test_locks.py",
        *STORED,
        "tests/tracing/test_langfuse_batch.py",
        "tests/tracing/test_weight.py",
        "tests/sessions/test_recompute_slices.py",
        "tests/sessions/test_tombstones.py",
    ),
    "tracing/vocabularies/usage.py": (
        "tests/tracing/test_vocabularies_usage.py",
        "tests/tracing/test_vocabularies_spans.py",
        "tests/tracing/test_golden.py",
    ),
    "tracing/wire/otlp_json.py": (
        "tests/tracing/test_wire_otlp.py",
        "tests/tracing/test_weight.py",
        "tests/tracing/test_endpoints.py",
        "tests/tracing/test_golden.py",
    ),
}
