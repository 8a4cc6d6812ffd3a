"""Names by which applications and frameworks say whose a span is. What stands before them differs from one to another.

Each list is in the order of its rank: of two ids on one span, the one whose name comes first here wins, unless the
dialects themselves rank them."""

import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any

SESSION_NAMES = (
    *("session_id", "sessionId", "session.id"),
    *("conversation_id", "conversationId", "conversation.id"),
    *("thread_id", "threadId", "thread.id"),
    *("chat_id", "chatId", "chat.id", "chat_session_id", "chatSessionId"),
)
USER_NAMES = ("user_id", "userId", "user.id", "enduser.id", "end_user_id", "endUserId")
TAGS_NAMES = ("tags",)
# Steps of keys below which numbers of tokens are, and short names of the numbers below some of them.
USAGE_STEPS = (
    *("usage", "token_usage", "usage_metadata", "usage_details", "token_count", "token_counts", "tokens", "metrics"),
    *("response", "llm"),
)
SHORT_USAGE_STEPS = ("token_usage", "token_count", "tokens")
# Steps of keys right below which a cost is that of the call, and not of a session or a budget.
COST_STEPS = ("usage", "llm", "gen_ai", "ai", "response", "openrouter", "litellm", "gateway", "opik", "copilot")
COST_NAMES = ("cost", "cost_usd", "total_cost", "total_cost_usd", "estimated_cost", "estimated_cost_usd")
SHORT_USAGE_NAMES = {
    "input_tokens": ("input", "prompt"),
    "output_tokens": ("output", "completion"),
    "total_tokens": ("total",),
}
ENVIRONMENT_NAMES = ("environment", "deployment.environment", "deployment_environment", "deploymentEnvironment")
MAX_NAMED_KEY_CHARACTERS = 1_000  # no library names an id by more
SEPARATORS_PATTERN = re.compile(r"[.:/]")
SPACERS_PATTERN = re.compile(r"[\W_]+")
# Steps of keys whose session, thread or user is that of a machine, a protocol or another trace.
FOREIGN_STEPS = frozenset(
    {
        *("mcp", "http", "db", "browser", "rum", "webengine", "tls", "ssh", "ftp", "sip", "smtp", "messaging"),
        *("network", "process", "os", "host", "container", "jvm", "dotnet", "telemetry", "parent", "previous"),
    }
)


def below(
    prefixes: Iterable[str], names: Iterable[str], reader: Callable[[Any], Any]
) -> dict[str, Callable[[Any], Any]]:
    """Return rows of a table: the reader for each of the names below each of the prefixes."""
    return {prefix + name: reader for prefix in prefixes for name in names}


@lru_cache(4_000)
def plain_name(name: str) -> str:
    """Return a name without case and separators: `thread_id`, `threadId`, `Thread-ID` and `thread.id` are the same."""
    return SPACERS_PATTERN.sub("", name).lower()


def endings(key: str) -> tuple[str, ...]:
    """Return how a key ends, as plain names: its last two steps, and its last. A foreign or endless key has none."""
    if len(key) > MAX_NAMED_KEY_CHARACTERS:
        return ()
    steps = SEPARATORS_PATTERN.split(key)
    if not FOREIGN_STEPS.isdisjoint(steps):
        return ()
    return plain_name("".join(steps[-2:])), plain_name(steps[-1])
