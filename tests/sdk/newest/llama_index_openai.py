import os

from llama_index.core.llms import ChatMessage
from llama_index.llms.openai import OpenAI
from openinference.instrumentation import using_attributes
from openinference.instrumentation.llama_index import LlamaIndexInstrumentor
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

headers = {"Authorization": f"Bearer {os.environ['CONFAB_SECRET_KEY']}"}
exporter = OTLPSpanExporter(endpoint=f"{os.environ['CONFAB_URL']}/v1/traces", headers=headers)
provider = TracerProvider()
provider.add_span_processor(BatchSpanProcessor(exporter))
LlamaIndexInstrumentor().instrument(tracer_provider=provider)

question = ChatMessage(role="user", content="My order #12345 hasn't arrived yet.")
with using_attributes(session_id="ticket-2611", user_id="user-a"):
    OpenAI(model="gpt-4o-mini", api_base=os.environ["OPENAI_BASE_URL"]).chat([question])

provider.shutdown()
