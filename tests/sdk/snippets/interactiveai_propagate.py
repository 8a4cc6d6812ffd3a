import os

from interactiveai import Interactive, propagate_attributes

interactiveai = Interactive(
    base_url=os.environ["CONFAB_URL"],
    public_key=os.environ["CONFAB_PUBLIC_KEY"],
    secret_key=os.environ["CONFAB_SECRET_KEY"],
)

with (
    interactiveai.start_as_current_span(name="turn"),
    propagate_attributes(session_id="chat-propagate", user_id="user-c", tags=["vip"]),
    interactiveai.start_as_current_span(name="lookup"),
):
    pass

interactiveai.flush()
