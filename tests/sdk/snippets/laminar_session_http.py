import os

from lmnr import Laminar, observe

Laminar.initialize(
    project_api_key=os.environ["CONFAB_SECRET_KEY"],
    base_url="http://127.0.0.1",
    http_port=int(os.environ["CONFAB_PORT"]),
    force_http=True,
)


@observe()
def answer(question: str) -> str:
    Laminar.set_trace_session_id("laminar-session")
    with Laminar.start_as_current_span("openai.chat", span_type="LLM", input=[{"role": "user", "content": question}]):
        Laminar.set_span_attributes(
            {
                "gen_ai.response.model": "gpt-4o",
                "gen_ai.usage.input_tokens": 120,
                "gen_ai.usage.output_tokens": 45,
                "gen_ai.usage.cost": 0.00075,
            }
        )
        Laminar.set_span_output("It is on its way.")
    return "It is on its way."


answer("Where is my order?")
Laminar.flush()
