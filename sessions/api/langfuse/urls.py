"""The calls of the generated clients, before tracing's answer to whatever else they ask for."""

from sessions.api.langfuse import comments, configs, observations, queues, scores, scores_v3
from sessions.api.langfuse.faces import on_both, on_public

QUEUE = "annotation-queues/<str:queue_id>"

urlpatterns = [
    *on_public("sessions", GET=observations.sessions),
    *on_public("sessions/<path:session_id>", GET=observations.session),
    *on_public("traces", GET=observations.traces),
    *on_public("traces/<path:trace_id>", GET=observations.trace),
    *on_public("observations", GET=observations.observations),
    *on_public("observations/<path:span_id>", GET=observations.observation),
    *on_public("v2/scores", GET=scores.listed),
    *on_public("v2/scores/<str:score_id>", GET=scores.one),
    *on_public("v3/scores", GET=scores_v3.listed),
    *on_both("score-configs", GET=configs.listed, POST=configs.create),
    *on_both("score-configs/<str:config_id>", GET=configs.one, PATCH=configs.change),
    *on_both("comments", GET=comments.listed, POST=comments.create),
    *on_both("comments/<str:comment_id>", GET=comments.one),
    *on_both("annotation-queues", GET=queues.listed, POST=queues.create),
    *on_both(QUEUE, GET=queues.one),
    *on_both(f"{QUEUE}/items", GET=queues.items, POST=queues.add_item),
    *on_both(f"{QUEUE}/items/<str:item_id>", GET=queues.item, PATCH=queues.change_item, DELETE=queues.delete_item),
    *on_both(f"{QUEUE}/assignments", POST=queues.assign, DELETE=queues.unassign),
]
