import os
import tempfile

os.environ["MLFLOW_TRACKING_URI"] = f"file:{tempfile.mkdtemp()}"  # its default needs more packages
os.environ["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"] = f"{os.environ['CONFAB_URL']}/v1/traces"
os.environ["OTEL_EXPORTER_OTLP_TRACES_PROTOCOL"] = "http/protobuf"
os.environ["OTEL_EXPORTER_OTLP_TRACES_HEADERS"] = f"Authorization=Bearer%20{os.environ['CONFAB_SECRET_KEY']}"

import mlflow
from openai import OpenAI

mlflow.openai.autolog()


@mlflow.trace(attributes={"session.id": "ticket-2611", "user.id": "user-a"})
def turn(question: str) -> str:
    messages = [{"role": "user", "content": question}]
    return OpenAI().chat.completions.create(model="gpt-4o-mini", messages=messages).choices[0].message.content


turn("My order #12345 hasn't arrived yet.")
mlflow.flush_trace_async_logging()
