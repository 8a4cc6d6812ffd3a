import json
from datetime import UTC, datetime, timedelta

from langfuse import Langfuse, propagate_attributes
from waiting import ANSWER, PUBLIC_KEY, QUESTION, SECRET_KEY, SESSION, URL, wait_for

client = Langfuse(public_key=PUBLIC_KEY, secret_key=SECRET_KEY, base_url=URL)
assert client.auth_check()
with (
    propagate_attributes(session_id=SESSION, user_id="user-a", tags=["x"]),
    client.start_as_current_observation(as_type="generation", name="answer", model="gpt-4o", input=QUESTION) as span,
):
    span.update(output=ANSWER, usage_details={"input": 30, "output": 20})
    span.score_trace(name="quality", value=4)
client.flush()

api, trace_id = client.api, span.trace_id
[observed] = wait_for(lambda: api.observations.get_many(trace_id=trace_id, fields="core,basic,model,usage,io").data)
assert (observed.type, observed.model, observed.usage_details["total"]) == ("GENERATION", "gpt-4o", 50)
# The fourth Langfuse has the earlier list of scores beside it.
list_scores = api.scores_v3.get_many_v3 if hasattr(api, "scores_v3") else api.scores.get_many
[score] = wait_for(lambda: list_scores(trace_id=trace_id).data)
assert (score.name, score.value) == ("quality", 4)
now = datetime.now(UTC)
query = {
    "view": "observations",
    "metrics": [{"measure": "totalTokens", "aggregation": "sum"}],
    "filters": [{"column": "sessionId", "operator": "=", "value": SESSION, "type": "string"}],
    "fromTimestamp": (now - timedelta(hours=1)).isoformat(),
    "toTimestamp": (now + timedelta(hours=1)).isoformat(),
}
wait_for(lambda: api.metrics.metrics(query=json.dumps(query)).data == [{"sum_totalTokens": 50}])
if hasattr(api, "sessions"):  # which the fifth Langfuse no longer has
    wait_for(lambda: SESSION in {found.id for found in api.sessions.list(limit=100).data})
    assert [found.id for found in api.sessions.get(SESSION).traces] == [trace_id]
    assert api.trace.get(trace_id).observations[0].id == observed.id
    assert [found.id for found in api.trace.list(session_id=SESSION).data] == [trace_id]
project = api.projects.get().data[0]
made = api.comments.create(project_id=project.id, object_type="TRACE", object_id=trace_id, content="Why?")
assert api.comments.get_by_id(made.id).content == "Why?"
config = api.score_configs.create(name=SESSION, data_type="NUMERIC")
queue = api.annotation_queues.create_queue(name=SESSION, score_config_ids=[config.id])
item = api.annotation_queues.create_queue_item(queue.id, object_id=SESSION, object_type="SESSION")
assert [found.id for found in api.annotation_queues.list_queue_items(queue.id).data] == [item.id]

with client.start_as_current_observation(name="gone") as gone:
    pass
client.flush()
wait_for(lambda: api.observations.get_many(trace_id=gone.trace_id).data)
api.trace.delete(gone.trace_id)
wait_for(lambda: not api.observations.get_many(trace_id=gone.trace_id).data, lambda is_gone: is_gone)
