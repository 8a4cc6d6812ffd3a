from interactiveai import Interactive

interactiveai = Interactive(
    public_key="{{ public_key }}",
    secret_key="{{ secret_key }}",
    base_url="{{ base_url }}",
)

question = [{"role": "user", "content": "My order #12345 hasn't arrived yet."}]
answer = {"role": "assistant", "content": "It is on its way and arrives on Tuesday."}

with interactiveai.start_as_current_span(name="handle_support_turn") as turn:
    turn.update_trace(session_id="ticket-2611", user_id="user-a", tags=["support"])
    with interactiveai.start_as_current_generation(
        name="answer", model="gpt-4o", input=question
    ) as call:
        call.update(output=answer, usage_details={"input": 36, "output": 14})

interactiveai.flush()
