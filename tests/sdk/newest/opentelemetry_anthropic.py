import os

from anthropic import Anthropic
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.instrumentation.anthropic import AnthropicInstrumentor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

headers = {"Authorization": f"Bearer {os.environ['CONFAB_SECRET_KEY']}"}
exporter = OTLPSpanExporter(endpoint=f"{os.environ['CONFAB_URL']}/v1/traces", headers=headers)
provider = TracerProvider()
provider.add_span_processor(BatchSpanProcessor(exporter))
AnthropicInstrumentor().instrument(tracer_provider=provider)

question = [{"role": "user", "content": "My order #12345 hasn't arrived yet."}]
with provider.get_tracer("support").start_as_current_span("turn") as turn:
    turn.set_attributes({"session.id": "ticket-2611", "user.id": "user-a"})
    Anthropic().messages.create(model="claude-sonnet-4-5", max_tokens=200, messages=question)

provider.shutdown()
