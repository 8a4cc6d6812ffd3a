import json

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

exporter = OTLPSpanExporter(
    endpoint="{{ base_url }}/v1/traces",
    headers={"Authorization": "Bearer {{ secret_key }}"},
)
provider = TracerProvider()
provider.add_span_processor(BatchSpanProcessor(exporter))
tracer = provider.get_tracer("support")

parts = [{"type": "text", "content": "My order #12345 hasn't arrived yet."}]
question = [{"role": "user", "parts": parts}]
answer = [{"role": "assistant", "parts": [{"type": "text", "content": "It arrives on Tuesday."}]}]

with tracer.start_as_current_span("chat gpt-4o") as span:
    span.set_attribute("gen_ai.conversation.id", "ticket-2611")
    span.set_attribute("gen_ai.operation.name", "chat")
    span.set_attribute("gen_ai.request.model", "gpt-4o")
    span.set_attribute("gen_ai.input.messages", json.dumps(question))
    span.set_attribute("gen_ai.output.messages", json.dumps(answer))
    span.set_attribute("gen_ai.usage.input_tokens", 36)
    span.set_attribute("gen_ai.usage.output_tokens", 14)

provider.shutdown()
