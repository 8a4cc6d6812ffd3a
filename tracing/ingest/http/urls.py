"""The paths that SDKs send to, without a trailing slash; whatever else they ask for is answered in their words, too."""

from django.urls import path, re_path

from tracing.ingest.http import endpoints, ingestion, laminar, media, projects, scores

PLATFORM = "api/platform/v1/organizations/<str:organization_id>/projects/<str:project_id>"

urlpatterns = [
    # OpenTelemetry
    path("v1/traces", endpoints.ExportTraces.as_view()),
    path("v1/logs", endpoints.ExportLogs.as_view()),
    path("v1/metrics", endpoints.ExportMetrics.as_view()),
    # Langfuse, InteractiveAI
    path("api/public/otel/v1/traces", endpoints.ExportTraces.as_view()),
    path("api/public/ingestion", ingestion.LangfuseBatch.as_view()),
    path("api/public/health", projects.ServerHealth.as_view()),
    path("api/public/projects", projects.KeyProjects.as_view()),
    path("api/public/media", media.AnnounceFile.as_view()),
    path("api/public/media/<str:media_id>", media.DescribeFile.as_view()),
    path("api/public/media/<str:media_id>/upload", media.UploadFile.as_view()),
    path("api/public/media/<str:media_id>/download", media.DownloadFile.as_view()),
    # InteractiveAI from 1.1
    path("api/platform/v1/projects", projects.PlatformProjects.as_view()),
    path(f"{PLATFORM}/scores", scores.PlatformReportScore.as_view()),
    path(f"{PLATFORM}/scores/<str:score_id>", scores.PlatformDeleteScore.as_view()),
    # Laminar
    path("v1/evaluators/score", laminar.ReportEvaluatorScore.as_view()),
    path("v1/tag", laminar.ReportTags.as_view()),
    path("v1/traces/metadata", laminar.ReportMetadata.as_view()),
    re_path(r"^(?:v1|api/public|api/platform)/", endpoints.UnknownCall.as_view()),
]
