import os

from lmnr import Laminar, observe

Laminar.initialize(
    project_api_key=os.environ["CONFAB_SECRET_KEY"],
    base_url="http://127.0.0.1",  # a port in here would be ignored
    grpc_port=int(os.environ["CONFAB_GRPC_PORT"]),
)


@observe(session_id="laminar-observe", user_id="user-d")
def answer(question: str) -> str:
    return f"You asked: {question}"


answer("Where is my order?")
Laminar.flush()
