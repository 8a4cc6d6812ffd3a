"""The site map."""

from django.contrib import admin
from django.urls import include, path

from config import health
from config.installation import status_page
from config.installation.metrics import metrics
from sessions.admin import SESSIONS
from tracing.admin import TRACE_ROWS

handler400 = "config.error_pages.not_readable"
handler403 = "config.error_pages.not_allowed"
handler404 = "config.error_pages.not_found"
handler429 = "config.error_pages.too_often"  # allauth's own limits
handler500 = "config.error_pages.failed"
urlpatterns = [
    path("healthz", health.healthz),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", metrics),
    path("status", status_page.status, name="status"),
    path("status/mail", status_page.send_test_mail, name="status-mail"),
    path("status/storage", status_page.try_storage, name="status-storage"),
    path("admin/", include([*SESSIONS.urls, *TRACE_ROWS.urls])),
    path("admin/", admin.site.urls),
    path("", include("sessions.api.langfuse.urls")),
    path("", include("tracing.ingest.http.urls")),
    path("api/v1/", include("sessions.api.v1.urls")),
    path("", include("sessions.api.mcp.urls")),
    path("", include("projects.urls")),
    path("", include("projects.accounts.urls")),
    path("", include("projects.administration.urls")),
    path("", include("tracing.urls")),
    path("", include("sessions.annotation.urls")),
    path("", include("sessions.judges.urls")),
    path("", include("sessions.documentation.urls")),
    path("", include("sessions.urls")),
]
