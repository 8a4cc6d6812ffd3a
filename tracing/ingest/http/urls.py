"""The paths that SDKs send to, without a trailing slash; whatever else they ask for is answered in their words, too."""

from django.urls import path, re_path

from tracing.ingest.http import endpoints, ingestion, laminar, media, projects, scores

PLATFORM = "api/platform/v1/organizations/<str:organization_id>/projects/<str:project_id>"

urlpatterns = [
    # OpenTelemetry
    path("v1/traces", endpoints.traces),
    path("v1/logs", endpoints.logs),
    path("v1/metrics", endpoints.metrics),
    # Langfuse, InteractiveAI
    path("api/public/otel/v1/traces", endpoints.traces),
    path("api/public/ingestion", ingestion.ingestion),
    path("api/public/health", projects.health),
    path("api/public/projects", projects.projects),
    path("api/public/scores", scores.scores),
    path("api/public/scores/<str:score_id>", scores.score),
    path("api/public/media", media.announce),
    path("api/public/media/<str:media_id>", media.media),
    path("api/public/media/<str:media_id>/upload", media.upload),
    path("api/public/media/<str:media_id>/download", media.download),
    # InteractiveAI from 1.1
    path("api/platform/v1/projects", projects.platform_projects),
    path(f"{PLATFORM}/scores", scores.platform_scores),
    path(f"{PLATFORM}/scores/<str:score_id>", scores.platform_score),
    # Laminar
    path("v1/tag", laminar.tag),
    path("v1/traces/metadata", laminar.metadata),
    re_path(r"^(?:v1|api/public|api/platform)/", endpoints.unknown),
]
