import os

from interactiveai import Interactive

interactiveai = Interactive(
    base_url=os.environ["CONFAB_URL"],
    public_key=os.environ["CONFAB_PUBLIC_KEY"],
    secret_key=os.environ["CONFAB_SECRET_KEY"],
)

with interactiveai.start_as_current_span(name="support-inquiry") as span:
    span.update_trace(
        session_id="ticket-2611",
        user_id="user-a",
        input={"message": "My order #12345 hasn't arrived yet"},
        tags=["support", "shipping"],
    )

with interactiveai.start_as_current_span(name="support-followup") as span:
    span.update_trace(session_id="ticket-2611", user_id="user-a", input={"message": "It still shows pending"})
    with interactiveai.start_as_current_generation(name="answer", model="gpt-4o") as generation:
        generation.update(output="It is on its way.", usage_details={"input": 120, "output": 45, "total": 165})

interactiveai.flush()
