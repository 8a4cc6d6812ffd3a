import os

from lmnr import Laminar, LaminarClient
from waiting import ANSWER, QUESTION, SECRET_KEY, SESSION

PORT = int(os.environ["CONFAB_PORT"])
Laminar.initialize(project_api_key=SECRET_KEY, base_url="http://127.0.0.1", http_port=PORT, force_http=True)
with Laminar.start_as_current_span("turn"):
    Laminar.set_trace_session_id(SESSION)
    Laminar.set_trace_user_id("user-a")
    with Laminar.start_as_current_span("openai.chat", span_type="LLM", input=QUESTION):
        usage = {"gen_ai.usage.input_tokens": 30, "gen_ai.usage.output_tokens": 20}
        Laminar.set_span_attributes({"gen_ai.response.model": "gpt-4o", **usage})
        Laminar.set_span_output(ANSWER)
    trace_id = Laminar.get_trace_id()
Laminar.force_flush()

client = LaminarClient(base_url="http://127.0.0.1", project_api_key=SECRET_KEY, port=PORT)
client.tags.tag(trace_id, "x")
if hasattr(client, "evaluators"):  # before 0.8
    client.evaluators.score(name="quality", trace_id=trace_id, score=4)
