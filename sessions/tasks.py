"""Where a worker finds the work of every wing."""

from sessions.alerts.tasks import alert_deliveries, alert_history, alerts
from sessions.bulk.tasks import bulk_jobs
from sessions.cohorts.tasks import cohort_counts
from sessions.deletion.tasks import erasures, kept_answers
from sessions.demo.tasks import demo_sessions
from sessions.export.tasks import expired_exports, exports
from sessions.inbox.tasks import notice_mails, summaries
from sessions.judges.tasks import judges
from sessions.rollup.tasks import recompute_dirty
from sessions.search.tasks import search_index, search_index_flush
from sessions.translation.tasks import translations

__all__ = [
    "alert_deliveries",
    "alert_history",
    "alerts",
    "bulk_jobs",
    "cohort_counts",
    "demo_sessions",
    "erasures",
    "expired_exports",
    "exports",
    "judges",
    "kept_answers",
    "notice_mails",
    "recompute_dirty",
    "search_index",
    "search_index_flush",
    "summaries",
    "translations",
]
