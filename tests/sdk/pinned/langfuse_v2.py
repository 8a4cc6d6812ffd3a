from langfuse import Langfuse
from langfuse.api import CreateCommentRequest, CreateScoreConfigRequest
from waiting import ANSWER, PUBLIC_KEY, QUESTION, SECRET_KEY, SESSION, URL, wait_for

client = Langfuse(public_key=PUBLIC_KEY, secret_key=SECRET_KEY, host=URL)
assert client.auth_check()
trace = client.trace(name="turn", session_id=SESSION, user_id="user-a", tags=["x"], input=QUESTION, output=ANSWER)
trace.generation(name="answer", model="gpt-4o", input=QUESTION, output=ANSWER, usage={"input": 30, "output": 20})
trace.score(name="quality", value=4)
client.flush()

[told] = wait_for(lambda: client.fetch_traces(session_id=SESSION).data)
assert (told.id, told.user_id, told.tags, told.output) == (trace.id, "user-a", ["x"], ANSWER)
[observed] = client.fetch_trace(trace.id).data.observations
assert (observed.type, observed.model, observed.usage.total) == ("GENERATION", "gpt-4o", 50)
assert client.fetch_observations(trace_id=trace.id).data[0].id == observed.id
assert client.fetch_observation(observed.id).data.output == ANSWER
wait_for(lambda: SESSION in {found.id for found in client.fetch_sessions(limit=100).data})

api = client.api
assert [found.id for found in api.sessions.get(SESSION).traces] == [trace.id]
scores = wait_for(lambda: [score for score in api.score.get(name="quality").data if score.trace_id == trace.id])
assert api.score.get_by_id(scores[0].id).value == 4
wait_for(lambda: api.metrics.daily(user_id="user-a").data)
project = api.projects.get().data[0]
comment = CreateCommentRequest(projectId=project.id, objectType="TRACE", objectId=trace.id, content="Why?")
made = api.comments.create(request=comment)
assert api.comments.get_by_id(made.id).content == "Why?"
config = api.score_configs.create(request=CreateScoreConfigRequest(name=SESSION, dataType="NUMERIC"))
assert api.score_configs.get_by_id(config.id).name == SESSION
assert api.annotation_queues.list_queues().meta.page == 1

gone = client.trace(name="gone")
client.flush()
wait_for(lambda: api.trace.get(gone.id).id == gone.id)
api.trace.delete(gone.id)
wait_for(lambda: gone.id not in {found.id for found in api.trace.list(name="gone").data})
