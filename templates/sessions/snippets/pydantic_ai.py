from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from pydantic_ai import Agent
from pydantic_ai.models.instrumented import InstrumentationSettings

exporter = OTLPSpanExporter(
    endpoint="{{ base_url }}/v1/traces",
    headers={"Authorization": "Bearer {{ secret_key }}"},
)
provider = TracerProvider()
provider.add_span_processor(BatchSpanProcessor(exporter))
Agent.instrument_all(InstrumentationSettings(tracer_provider=provider))

agent = Agent("openai:gpt-4o-mini", instructions="You help with orders.")

with provider.get_tracer("support").start_as_current_span("turn") as turn:
    turn.set_attribute("session.id", "ticket-2611")
    turn.set_attribute("user.id", "user-a")
    print(agent.run_sync("My order #12345 hasn't arrived yet.").output)

provider.shutdown()
