from openai import OpenAI
from traceloop.sdk import Traceloop
from traceloop.sdk.decorators import workflow

Traceloop.init(
    app_name="support",
    api_endpoint="{{ base_url }}",
    headers={"Authorization": "Bearer {{ secret_key }}"},
    disable_batch=True,  # send at once; leave this out in a server
)


@workflow(name="handle_support_turn")
def handle_support_turn(question: str) -> str:
    Traceloop.set_association_properties({"session_id": "ticket-2611", "user_id": "user-a"})
    messages = [{"role": "user", "content": question}]
    answer = OpenAI().chat.completions.create(model="gpt-4o-mini", messages=messages)
    return answer.choices[0].message.content


print(handle_support_turn("My order #12345 hasn't arrived yet."))
