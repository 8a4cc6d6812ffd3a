"""The read API's paths. An id may contain slashes, so almost nothing stands behind one."""

from django.urls import path, re_path

from sessions.api.v1 import (
    annotation,
    cohorts,
    erasures,
    explanation,
    issues,
    kept,
    me,
    metrics,
    scores,
    sessions,
    traces,
    transcript,
    translation,
    turns,
    users,
)
from sessions.api.v1 import export as exporting
from sessions.api.v1.document import DocumentEndpoint

urlpatterns = [
    path("openapi.json", DocumentEndpoint.as_view()),
    path("me", me.MeEndpoint.as_view()),
    path("sessions", sessions.SessionsEndpoint.as_view()),
    path("export", exporting.ExportEndpoint.as_view()),
    path("exports", exporting.ExportFilesEndpoint.as_view()),
    path("exports/<uuid:export_id>", exporting.ExportFileEndpoint.as_view()),
    path("exports/<uuid:export_id>/file", exporting.ExportContentEndpoint.as_view()),
    path("sessions/<id:session_id>", sessions.SessionEndpoint.as_view()),
    path("traces/<path:trace_id>/translation", translation.TranslationEndpoint.as_view()),
    path("traces", traces.TracesEndpoint.as_view()),
    path("traces/<path:trace_id>", traces.TraceEndpoint.as_view()),
    path("turns", turns.TurnsEndpoint.as_view()),
    path("transcript", transcript.TranscriptEndpoint.as_view()),
    path("explanation", explanation.ExplanationEndpoint.as_view()),
    path("users", users.UsersEndpoint.as_view()),
    path("users/<path:user_id>", users.UserEndpoint.as_view()),
    path("cohorts", cohorts.CohortsEndpoint.as_view()),
    path("comparison", cohorts.ComparisonEndpoint.as_view()),
    path("views", kept.SavedViewsEndpoint.as_view()),
    path("prices", kept.PricesEndpoint.as_view()),
    path("metrics", metrics.MetricsEndpoint.as_view()),
    path("issues", issues.IssuesEndpoint.as_view()),
    path("erasures", erasures.ErasuresEndpoint.as_view()),
    path("erasures/<uuid:erasure_id>", erasures.ErasureEndpoint.as_view()),
    path("scores", scores.ScoresEndpoint.as_view()),
    path("scores/<path:score_id>", scores.ScoreEndpoint.as_view()),
    path("score-configs", annotation.ConfigsEndpoint.as_view()),
    path("score-configs/<str:config_id>", annotation.ConfigEndpoint.as_view()),
    path("comments", annotation.CommentsEndpoint.as_view()),
    path("review-queues", annotation.QueuesEndpoint.as_view()),
    path("review-queues/<str:queue_id>/items", annotation.ItemsEndpoint.as_view()),
    path("review-queues/<str:queue_id>/results", annotation.ResultsEndpoint.as_view()),
    re_path("", sessions.UnknownEndpoint.as_view()),
]
