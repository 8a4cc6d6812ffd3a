import os

from interactiveai import Interactive, observe

interactiveai = Interactive(
    base_url=os.environ["CONFAB_URL"],
    public_key=os.environ["CONFAB_PUBLIC_KEY"],
    secret_key=os.environ["CONFAB_SECRET_KEY"],
)


@observe(as_type="generation")
def generate(question: str) -> str:
    interactiveai.update_current_generation(model="gpt-4o-mini", usage_details={"input": 30, "output": 12, "total": 42})
    return f"You asked: {question}"


@observe()
def handle(question: str) -> str:
    interactiveai.update_current_trace(session_id="chat-observe", user_id="user-b", tags=["web"])
    return generate(question)


handle("Where is my order?")
interactiveai.flush()
