from lmnr import Laminar, observe

# Laminar ignores a port inside base_url, so it is said apart from it.
Laminar.initialize(
    project_api_key="{{ secret_key }}",
    base_url="{{ origin }}",
    http_port={{http_port}},
    grpc_port={{grpc_port}},
)


@observe(session_id="ticket-2611", user_id="user-a", tags=["support"])
def handle_support_turn(question: str) -> str:
    return "It is on its way and arrives on Tuesday."


handle_support_turn("My order #12345 hasn't arrived yet.")
Laminar.flush()
