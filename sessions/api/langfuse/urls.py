"""The calls of the generated clients, before tracing's answer to whatever else they ask for."""

from django.urls import re_path

from sessions.api.langfuse import (
    comments,
    configs,
    not_offered,
    observations,
    observations_v2,
    queues,
    scores,
    scores_v1,
    scores_v3,
    sessions,
    traces,
)
from sessions.api.langfuse.daily import LangfuseDaily
from sessions.api.langfuse.faces import on_both, on_public
from sessions.api.langfuse.metrics import LangfuseMetrics, LangfuseMetricsV2

QUEUE = "annotation-queues/<str:queue_id>"

urlpatterns = [
    on_public("sessions", sessions.LangfuseSessions),
    on_public("sessions/<id:session_id>", sessions.LangfuseSession),
    on_public("traces", traces.LangfuseTraces),
    on_public("traces/<path:trace_id>", traces.LangfuseTrace),
    on_public("observations", observations.LangfuseObservations),
    on_public("observations/<path:span_id>", observations.LangfuseObservation),
    on_public("v2/observations", observations_v2.LangfuseObservationsV2),
    on_public("scores", scores_v1.LangfuseScoresV1),
    on_public("scores/<str:score_id>", scores_v1.LangfuseScoreV1),
    on_public("v2/scores", scores.LangfuseScores),
    on_public("v2/scores/<str:score_id>", scores.LangfuseScore),
    on_public("v3/scores", scores_v3.LangfuseScoresV3),
    on_public("metrics", LangfuseMetrics),
    on_public("metrics/daily", LangfuseDaily),
    on_public("v2/metrics", LangfuseMetricsV2),
    *on_both("score-configs", configs.LangfuseConfigs),
    *on_both("score-configs/<str:config_id>", configs.LangfuseConfig),
    *on_both("comments", comments.LangfuseComments),
    *on_both("comments/<str:comment_id>", comments.LangfuseComment),
    *on_both("annotation-queues", queues.LangfuseQueues),
    *on_both(QUEUE, queues.LangfuseQueue),
    *on_both(f"{QUEUE}/items", queues.LangfuseItems),
    *on_both(f"{QUEUE}/items/<str:item_id>", queues.LangfuseItem),
    *on_both(f"{QUEUE}/assignments", queues.LangfuseAssignments),
    re_path(not_offered.PUBLIC_PATHS, not_offered.NotOfferedCall.as_view()),
    re_path(not_offered.PLATFORM_PATHS, not_offered.NotOfferedCall.as_view()),
]
