"""All that processes count: the names, the labels, and what they mean."""

from projects.metrics.counters import CountedMetric, TimedMetric

ANSWERED_REQUESTS = CountedMetric(
    "confab_requests", "Answered requests. A page or a call over HTTP has a number as its status.", ("wire", "status")
)
ANSWER_DURATIONS = TimedMetric(
    "confab_request_seconds", "Seconds from a request's whole body to its answer.", ("wire",)
)
REFUSED_REQUESTS = CountedMetric(
    "confab_refused_requests", "Refused requests of SDKs: a reason of ingestion issues, or a kind.", ("wire", "reason")
)
STORED_RECORDS = CountedMetric(
    "confab_stored_records", "Reports of spans, traces and scores that were committed.", ("wire", "kind")
)
INGESTION_ISSUES = CountedMetric(
    "confab_ingestion_issues", "What was rejected, cut or dropped, by the reason of ingestion issues.", ("reason",)
)
INGEST_SECONDS = TimedMetric(
    "confab_ingest_seconds", "Seconds to decode the reports of a request, or to store and commit them.", ("phase",)
)
JOB_RUNS = CountedMetric("confab_job_runs", "Runs of scheduled jobs: done or failed.", ("job", "outcome"))
DOWNLOADS = CountedMetric("confab_downloads", "Downloads: begun, or refused because too many ran.", ("kind", "outcome"))
TRANSLATIONS = CountedMetric("confab_translations", "Translations of turns that ended, by their state.", ("state",))

COUNTED_METRICS = (
    *(ANSWERED_REQUESTS, ANSWER_DURATIONS, REFUSED_REQUESTS, STORED_RECORDS, INGESTION_ISSUES, INGEST_SECONDS),
    *(JOB_RUNS, DOWNLOADS, TRANSLATIONS),
)
