import os

os.environ["LANGFUSE_HOST"] = os.environ["LANGFUSE_BASE_URL"] = os.environ["CONFAB_URL"]
os.environ["LANGFUSE_PUBLIC_KEY"] = os.environ["CONFAB_PUBLIC_KEY"]
os.environ["LANGFUSE_SECRET_KEY"] = os.environ["CONFAB_SECRET_KEY"]

from langfuse import get_client, propagate_attributes
from langfuse.openai import OpenAI

question = [{"role": "user", "content": "My order #12345 hasn't arrived yet."}]
with propagate_attributes(session_id="ticket-2611", user_id="user-a"):
    OpenAI().chat.completions.create(model="gpt-4o-mini", messages=question)

get_client().flush()
