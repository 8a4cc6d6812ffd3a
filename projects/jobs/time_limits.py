"""Time limits of statements: those of the database role, and longer ones where the code says so.

The role's limits are set by `manage.py prepare`, so they hold for every connection, also behind a pooler. Longer limits
are set within each transaction, because no setting of ours may belong to a database session."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from contextvars import ContextVar
from typing import Any

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from psycopg import sql
from psycopg.pq import TransactionStatus

STATEMENT_SECONDS = 30
IDLE_SECONDS = 600  # for an idle transaction
UPKEEP_SECONDS = 900  # for work in the background

# An inner strict limit wins: a block that must be fast stays fast inside one that may take long.
is_strict: ContextVar[bool] = ContextVar("is_strict", default=False)

TIMEOUT_SETTINGS = {"statement_timeout": STATEMENT_SECONDS, "idle_in_transaction_session_timeout": IDLE_SECONDS}


def bound_role(cursor: CursorWrapper) -> None:
    """Set the limits of the current role in this database, unless the operator has set some."""
    cursor.execute("SELECT current_database(), " + ", ".join(f"current_setting('{name}')" for name in TIMEOUT_SETTINGS))
    database, *present = cursor.fetchone()
    for (name, seconds), value in zip(TIMEOUT_SETTINGS.items(), present, strict=True):
        if value == "0":
            alter = sql.SQL("ALTER ROLE CURRENT_USER IN DATABASE {} SET {} = {}").format(
                sql.Identifier(database), sql.Identifier(name), sql.Literal(f"{seconds}s")
            )
            cursor.execute(alter.as_string(cursor.connection.connection))


def allow(seconds: int) -> None:
    """Let each statement of this transaction take `seconds`; 0 means no limit."""
    _set(f"SET LOCAL statement_timeout = '{seconds}s'")


@contextmanager
def at_length(seconds: int = UPKEEP_SECONDS) -> Iterator[None]:
    """Let each statement of the block take `seconds`; 0 means no limit.

    This costs one more statement for each."""

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
    """Return whether the server accepts only a rollback, which needs no longer limit."""
    return connection.connection is not None and (
        connection.connection.info.transaction_status == TransactionStatus.INERROR
    )


def _set(statement: str) -> None:
    """Run a statement without one of Django's cursors, because a cursor may belong to the server."""
    with connection.wrap_database_errors:
        connection.connection.execute(statement)
