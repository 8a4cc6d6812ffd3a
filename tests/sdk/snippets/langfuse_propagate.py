import os

from langfuse import Langfuse, propagate_attributes

langfuse = Langfuse(
    base_url=os.environ["CONFAB_URL"],
    public_key=os.environ["CONFAB_PUBLIC_KEY"],
    secret_key=os.environ["CONFAB_SECRET_KEY"],
)

with (
    propagate_attributes(session_id="langfuse-propagate", user_id="user-e", tags=["beta"]),
    langfuse.start_as_current_observation(name="turn", as_type="generation", model="gpt-4o") as generation,
):
    generation.update(
        input=[{"role": "user", "content": "Hi"}],
        output="Hello!",
        usage_details={"input": 8, "output": 2, "total": 10},
    )

langfuse.flush()
