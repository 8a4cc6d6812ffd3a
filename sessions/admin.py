"""Sessions in the operator's admin, read-only."""

from sessions.models import Session
from tracing.admin import TenantRows

SESSIONS = TenantRows(
    Session.objects,
    "session_id",
    "updated_at",
    ("created_at", "updated_at", "trace_count", "error_count", "total_cost"),
)
