from openai import OpenAI
from openinference.instrumentation import using_attributes
from openinference.instrumentation.openai import OpenAIInstrumentor
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

exporter = OTLPSpanExporter(
    endpoint="{{ base_url }}/v1/traces",
    headers={"Authorization": "Bearer {{ secret_key }}"},
)
provider = TracerProvider()
provider.add_span_processor(BatchSpanProcessor(exporter))
OpenAIInstrumentor().instrument(tracer_provider=provider)

question = [{"role": "user", "content": "My order #12345 hasn't arrived yet."}]

with using_attributes(session_id="ticket-2611", user_id="user-a"):
    answer = OpenAI().chat.completions.create(model="gpt-4o-mini", messages=question)

print(answer.choices[0].message.content)
provider.shutdown()
