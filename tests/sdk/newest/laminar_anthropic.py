import os
from urllib.parse import urlsplit

from anthropic import Anthropic
from lmnr import Laminar, observe

base = urlsplit(os.environ["CONFAB_URL"])
Laminar.initialize(
    project_api_key=os.environ["CONFAB_SECRET_KEY"],
    base_url=f"{base.scheme}://{base.hostname}",
    http_port=base.port,
    force_http=True,
)


@observe(session_id="ticket-2611", user_id="user-a")
def turn(question: str) -> str:
    messages = [{"role": "user", "content": question}]
    answer = Anthropic().messages.create(model="claude-sonnet-4-5", max_tokens=200, messages=messages)
    return answer.content[0].text


turn("My order #12345 hasn't arrived yet.")
Laminar.force_flush()
