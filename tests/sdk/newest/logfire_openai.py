import os

os.environ["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"] = f"{os.environ['CONFAB_URL']}/v1/traces"
os.environ["OTEL_EXPORTER_OTLP_TRACES_HEADERS"] = f"Authorization=Bearer%20{os.environ['CONFAB_SECRET_KEY']}"

import logfire
from openai import OpenAI

logfire.configure(send_to_logfire=False, console=False, scrubbing=False)
logfire.instrument_openai()

question = [{"role": "user", "content": "My order #12345 hasn't arrived yet."}]
with logfire.set_baggage(**{"session.id": "ticket-2611", "user.id": "user-a"}):
    OpenAI().chat.completions.create(model="gpt-4o-mini", messages=question)

logfire.shutdown()
