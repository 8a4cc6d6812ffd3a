import json
import sys
from datetime import UTC, datetime, timedelta

from waiting import ANSWER, PUBLIC_KEY, QUESTION, SECRET_KEY, SESSION, URL, wait_for

if sys.argv[1:] == ["interactiveai"]:  # which is made from the third Langfuse
    from interactiveai import Interactive as Client
    from interactiveai.api import CreateCommentRequest, CreateScoreConfigRequest
else:
    from langfuse import Langfuse as Client
    from langfuse.api import CreateCommentRequest, CreateScoreConfigRequest

client = Client(public_key=PUBLIC_KEY, secret_key=SECRET_KEY, host=URL)
assert client.auth_check()
with client.start_as_current_generation(name="answer", model="gpt-4o", input=QUESTION) as span:
    span.update(output=ANSWER, usage_details={"input": 30, "output": 20})
    span.update_trace(session_id=SESSION, user_id="user-a", tags=["x"], input=QUESTION, output=ANSWER)
    span.score_trace(name="quality", value=4)
client.flush()

api, trace_id = client.api, span.trace_id
[told] = wait_for(lambda: api.trace.list(session_id=SESSION).data)
assert (told.id, told.user_id, told.tags, told.output) == (trace_id, "user-a", ["x"], ANSWER)
[observed] = api.trace.get(trace_id).observations
assert (observed.type, observed.model, observed.usage.total) == ("GENERATION", "gpt-4o", 50)
assert api.observations.get_many(trace_id=trace_id).data[0].id == observed.id
assert api.observations.get(observed.id).output == ANSWER
assert len(api.observations_v_2.get_many(trace_id=trace_id).data) == 1
wait_for(lambda: SESSION in {found.id for found in api.sessions.list(limit=100).data})
assert [found.id for found in api.sessions.get(SESSION).traces] == [trace_id]

[score] = wait_for(lambda: api.score_v_2.get(trace_id=trace_id).data)
assert api.score_v_2.get_by_id(score.id).value == 4
now = datetime.now(UTC)
query = {
    "view": "observations",
    "metrics": [{"measure": "totalTokens", "aggregation": "sum"}],
    "filters": [{"column": "sessionId", "operator": "=", "value": SESSION, "type": "string"}],
    "fromTimestamp": (now - timedelta(hours=1)).isoformat(),
    "toTimestamp": (now + timedelta(hours=1)).isoformat(),
}
for metrics in (api.metrics, api.metrics_v_2):
    assert metrics.metrics(query=json.dumps(query)).data == [{"sum_totalTokens": 50}]
project = api.projects.get().data[0]
comment = CreateCommentRequest(projectId=project.id, objectType="TRACE", objectId=trace_id, content="Why?")
made = api.comments.create(request=comment)
assert api.comments.get_by_id(made.id).content == "Why?"
config = api.score_configs.create(request=CreateScoreConfigRequest(name=SESSION, dataType="NUMERIC"))
assert api.score_configs.get_by_id(config.id).name == SESSION
assert api.annotation_queues.list_queues().meta.page == 1

with client.start_as_current_span(name="gone") as gone:
    pass
client.flush()
wait_for(lambda: api.trace.get(gone.trace_id).id == gone.trace_id)
api.trace.delete(gone.trace_id)
wait_for(lambda: gone.trace_id not in {found.id for found in api.trace.list(name="gone").data})
