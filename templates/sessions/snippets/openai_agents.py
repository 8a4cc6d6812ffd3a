from agents import Agent, Runner
from openinference.instrumentation import using_attributes
from openinference.instrumentation.openai_agents import OpenAIAgentsInstrumentor
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

exporter = OTLPSpanExporter(
    endpoint="{{ base_url }}/v1/traces",
    headers={"Authorization": "Bearer {{ secret_key }}"},
)
provider = TracerProvider()
provider.add_span_processor(BatchSpanProcessor(exporter))
OpenAIAgentsInstrumentor().instrument(tracer_provider=provider)

agent = Agent(name="Support", instructions="You help with orders.", model="gpt-4o-mini")

with using_attributes(session_id="ticket-2611", user_id="user-a"):
    answer = Runner.run_sync(agent, "My order #12345 hasn't arrived yet.")

print(answer.final_output)
provider.shutdown()
