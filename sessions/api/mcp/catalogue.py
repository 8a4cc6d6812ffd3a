"""The tools that agents find. Each is an operation of /api/v1."""

from sessions.api.mcp.tools import AgentTool

LIST = ("q", "range", "from", "to", "limit", "cursor")
# What a search answers of each session, unless the call names other fields.
FOUND_FIELDS = (
    "id,created_at,duration_ms,turn_count,error_count,total_tokens,total_cost,unmeasured_count,unpriced_count,"
    "user_ids,tags,labels,status,scores,first_input"
)

READING_TOOLS = (
    AgentTool(
        name="search_sessions",
        method="GET",
        path="/api/v1/sessions",
        says=(
            "Find conversations. `q` is a query such as `has:error cost>0.1 user:ada refund`; its language is the "
            "resource confab://docs/query. Without a time, all sessions are searched, the latest first."
        ),
        takes=(*LIST, "sort", "fields"),
        given={"limit": 20, "fields": FOUND_FIELDS},
    ),
    AgentTool(
        name="read_session",
        method="GET",
        path="/api/v1/sessions/{session_id}",
        says="Read the numbers and the traces of one conversation. Its words are in read_transcript.",
        takes=("session_id", "traces_limit", "traces_cursor"),
        given={"traces_limit": 20},
    ),
    AgentTool(
        name="read_transcript",
        method="GET",
        path="/api/v1/transcript",
        says=(
            "Read what was said in one conversation, turn by turn, tool calls too. Turns that do not fit into "
            "`max_tokens` come as an outline: who says how much. Read those again by their numbers, with `first`, "
            "`last` and more `max_tokens`."
        ),
        takes=("session_id", "first", "last"),
    ),
    AgentTool(
        name="explain_numbers",
        method="GET",
        path="/api/v1/explanation",
        says="Explain tokens and cost of one conversation: what was counted, what was left out, what is in doubt.",
        takes=("session_id",),
    ),
    AgentTool(
        name="measure_sessions",
        method="GET",
        path="/api/v1/metrics",
        says=(
            "Add up one measure of many conversations, by the values of `split` and over time. `q` and the times "
            "choose the conversations; without a time, those of the last 30 days."
        ),
        takes=("measure", "split", "steps", "limit", "q", "range", "from", "to"),
    ),
    AgentTool(
        name="compare_groups",
        method="GET",
        path="/api/v1/comparison",
        says=(
            "Compare groups of conversations with statistical tests: two or more in `cohort`, each the id of a cohort, "
            "`all`, or `?q=` and a query; or one of them split with `by`. The first group is the baseline."
        ),
        takes=("cohort", "by", "value", "from", "to", "only", "within", "differing"),
        given={"differing": True},
    ),
    AgentTool(
        name="list_cohorts",
        method="GET",
        path="/api/v1/cohorts",
        says="List saved sets of conversations.",
    ),
    AgentTool(
        name="list_users",
        method="GET",
        path="/api/v1/users",
        says="List end users with the sums of their conversations. A word in `q` is a part of a user's id.",
        takes=(*LIST, "sort", "score"),
        given={"limit": 20},
    ),
    AgentTool(
        name="read_user",
        method="GET",
        path="/api/v1/users/{user_id}",
        says="Read the sums of all conversations of one end user.",
        takes=("user_id",),
    ),
    AgentTool(
        name="search_traces",
        method="GET",
        path="/api/v1/traces",
        says="Find single traces, also those without a session, by the query language of traces.",
        takes=(*LIST, "sort"),
        given={"limit": 20},
    ),
    AgentTool(
        name="read_trace",
        method="GET",
        path="/api/v1/traces/{trace_id}",
        says="Read one trace with its spans: errors, models, tool calls, inputs and outputs, as they were reported.",
        takes=("trace_id", "spans_limit", "spans_cursor"),
        given={"spans_limit": 50},
    ),
    AgentTool(
        name="list_ingestion_issues",
        method="GET",
        path="/api/v1/issues",
        says="List what was rejected, cut or dropped of the data that the project was sent, and what to do about it.",
    ),
    AgentTool(
        name="list_scores",
        method="GET",
        path="/api/v1/scores",
        says="List scores, the newest first.",
        takes=("name", "session_id", "trace_id", "limit", "cursor"),
    ),
    AgentTool(
        name="list_score_configs",
        method="GET",
        path="/api/v1/score-configs",
        says="List which scores people can give, with their categories and bounds.",
    ),
    AgentTool(
        name="list_comments",
        method="GET",
        path="/api/v1/comments",
        says="List comments, the newest first.",
        takes=("object_type", "object_id", "limit", "cursor"),
    ),
    AgentTool(
        name="list_review_queues",
        method="GET",
        path="/api/v1/review-queues",
        says="List the review queues and how far they are.",
    ),
    AgentTool(
        name="who_am_i",
        method="GET",
        path="/api/v1/me",
        says="Show the project that this key opens, what the key may do, and its limits.",
    ),
)
WRITING_TOOLS = (
    AgentTool(
        name="write_score",
        method="POST",
        path="/api/v1/scores",
        says="Score a conversation, a trace or a span. A score with the same `id` is replaced.",
        is_destructive=True,
    ),
    AgentTool(
        name="add_comment",
        method="POST",
        path="/api/v1/comments",
        says="Comment on a conversation, a trace or a span.",
    ),
    AgentTool(
        name="change_session",
        method="PATCH",
        path="/api/v1/sessions/{session_id}",
        says="Set labels, status, assignee, title, note or bookmark of a conversation. `labels` replaces all labels.",
        takes=("session_id",),
        is_destructive=True,
    ),
    AgentTool(
        name="add_to_review_queue",
        method="POST",
        path="/api/v1/review-queues/{queue_id}/items",
        says="Add conversations to a review queue, so that people look at them.",
        takes=("queue_id",),
    ),
)
AGENT_TOOLS = {tool.name: tool for tool in (*READING_TOOLS, *WRITING_TOOLS)}
