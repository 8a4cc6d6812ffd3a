from langchain.agents import create_agent
from openinference.instrumentation.langchain import LangChainInstrumentor
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

exporter = OTLPSpanExporter(
    endpoint="{{ base_url }}/v1/traces",
    headers={"Authorization": "Bearer {{ secret_key }}"},
)
provider = TracerProvider()
provider.add_span_processor(BatchSpanProcessor(exporter))
LangChainInstrumentor().instrument(tracer_provider=provider)

agent = create_agent("openai:gpt-4o-mini", system_prompt="You help with orders.")
question = {"messages": [{"role": "user", "content": "My order #12345 hasn't arrived yet."}]}

# LangGraph calls a conversation a thread. Its metadata names the session.
answer = agent.invoke(question, {"metadata": {"session_id": "ticket-2611", "user_id": "user-a"}})

print(answer["messages"][-1].content)
provider.shutdown()
