import os

from strands import Agent
from strands.models.openai import OpenAIModel
from strands.telemetry import StrandsTelemetry

os.environ["OTEL_EXPORTER_OTLP_ENDPOINT"] = "{{ base_url }}"
headers = "Authorization=Bearer%20{{ secret_key }}"
os.environ["OTEL_EXPORTER_OTLP_HEADERS"] = headers
telemetry = StrandsTelemetry().setup_otlp_exporter()

agent = Agent(
    model=OpenAIModel(model_id="gpt-4o-mini"),
    system_prompt="You help with orders.",
    trace_attributes={"session.id": "ticket-2611", "user.id": "user-a"},
)
agent("My order #12345 hasn't arrived yet.")

telemetry.tracer_provider.force_flush()
