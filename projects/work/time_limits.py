"""How long a statement may take: as long as the database role says, and longer where the code says so.

The role's limit is made by `manage.py prepare`, so that it holds for every connection, also behind a pooler. Longer
limits are set within a transaction each time, since nothing of ours belongs to a session of the database."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from contextvars import ContextVar
from typing import Any

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from psycopg import sql
from psycopg.pq import TransactionStatus

STATEMENT_SECONDS = 30
IDLE_SECONDS = 600  # for a transaction in which nothing happens
UPKEEP_SECONDS = 900  # for work that nobody waits for

# The strictest limit is the innermost: a block that must not take long stays so inside of one that may.
is_strict: ContextVar[bool] = ContextVar("is_strict", default=False)

TIMEOUT_SETTINGS = {"statement_timeout": STATEMENT_SECONDS, "idle_in_transaction_session_timeout": IDLE_SECONDS}


def bound_role(cursor: CursorWrapper) -> None:
    """Set the limits for the role that asks, in this database, unless the operator has set some."""
    cursor.execute("SELECT current_database(), " + ", ".join(f"current_setting('{name}')" for name in TIMEOUT_SETTINGS))
    database, *present = cursor.fetchone()
    for (name, seconds), value in zip(TIMEOUT_SETTINGS.items(), present, strict=True):
        if value == "0":
            alter = sql.SQL("ALTER ROLE CURRENT_USER IN DATABASE {} SET {} = {}").format(
                sql.Identifier(database), sql.Identifier(name), sql.Literal(f"{seconds}s")
            )
            cursor.execute(alter.as_string(cursor.connection.connection))


def allow(seconds: int) -> None:
    """Let the statements of this transaction take so long; 0 for as long as they like."""
    _set(f"SET LOCAL statement_timeout = '{seconds}s'")


@contextmanager
def at_length(seconds: int = UPKEEP_SECONDS) -> Iterator[None]:
    """Let each statement of the block take so long; 0 for as long as it likes. Costs one more statement for each."""

    def lengthen(execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: dict[str, Any]) -> Any:
        if is_strict.get() or _is_aborted():
            return execute(sql, params, many, context)
        if "CONCURRENTLY" in str(sql):  # of migrations: it refuses to run in a transaction
            _set(f"SET statement_timeout = '{seconds}s'")
            try:
                return execute(sql, params, many, context)
            finally:
                _set("RESET statement_timeout")
        with nullcontext() if connection.in_atomic_block else transaction.atomic():
            _set(f"SET LOCAL statement_timeout = '{seconds}s'")
            return execute(sql, params, many, context)

    with connection.execute_wrapper(lengthen):
        yield
    if connection.in_atomic_block and not connection.needs_rollback:
        _set("SET LOCAL statement_timeout TO DEFAULT")


def _is_aborted() -> bool:
    """Return whether the server takes nothing but a rollback, which needs no longer limit."""
    return connection.connection is not None and (
        connection.connection.info.transaction_status == TransactionStatus.INERROR
    )


def _set(statement: str) -> None:
    """Beside Django's cursors, of which one may belong to the server."""
    with connection.wrap_database_errors:
        connection.connection.execute(statement)
