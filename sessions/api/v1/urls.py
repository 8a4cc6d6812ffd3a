"""The read API's paths. An id may contain slashes, so almost nothing stands behind one."""

from django.urls import path, re_path

from sessions.api.v1 import annotation, erasures, sessions, translation
from sessions.api.v1 import export as exporting

urlpatterns = [
    path("sessions", sessions.sessions),
    path("export", exporting.export),
    path("exports", exporting.exports),
    path("exports/<uuid:export_id>", exporting.one_export),
    path("exports/<uuid:export_id>/file", exporting.content),
    path("sessions/<path:session_id>", sessions.session),
    path("traces/<path:trace_id>/translation", translation.translation),
    path("traces/<path:trace_id>", sessions.trace),
    path("erasures", erasures.erasures),
    path("erasures/<uuid:erasure_id>", erasures.erasure),
    path("scores", annotation.scores),
    path("scores/<path:score_id>", annotation.score),
    path("score-configs", annotation.configs),
    path("score-configs/<str:config_id>", annotation.config),
    path("comments", annotation.comments),
    path("review-queues", annotation.queues),
    path("review-queues/<str:queue_id>/items", annotation.items),
    path("review-queues/<str:queue_id>/results", annotation.results),
    re_path("", sessions.unknown),
]
