import asyncio
import os

from google.adk.agents import Agent
from google.adk.runners import InMemoryRunner
from google.genai import types
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

# Questions and answers: without these two, only names, times and tokens are sent.
os.environ["OTEL_SEMCONV_STABILITY_OPT_IN"] = "gen_ai_latest_experimental"
os.environ["OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"] = "SPAN_ONLY"

exporter = OTLPSpanExporter(
    endpoint="{{ base_url }}/v1/traces",
    headers={"Authorization": "Bearer {{ secret_key }}"},
)
provider = TracerProvider()
provider.add_span_processor(BatchSpanProcessor(exporter))
trace.set_tracer_provider(provider)  # before the first agent is made

agent = Agent(name="support", model="gemini-2.5-flash", instruction="You help with orders.")
runner = InMemoryRunner(agent, app_name="support")
question = types.Content(role="user", parts=[types.Part(text="My order #12345 hasn't arrived yet.")])


async def turn() -> None:
    sessions = runner.session_service
    await sessions.create_session(app_name="support", user_id="user-a", session_id="ticket-2611")
    asked = {"user_id": "user-a", "session_id": "ticket-2611", "new_message": question}
    async for event in runner.run_async(**asked):
        print(event.content)


asyncio.run(turn())
provider.shutdown()
