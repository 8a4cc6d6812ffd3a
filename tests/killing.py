"""Workers that are killed: after a number of statements, none of theirs reaches the database any more."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from django.db import connection

OF_SAVEPOINTS = ("SAVEPOINT", "RELEASE", "ROLLBACK")


class Killed(BaseException):
    """No handler of ours may catch this: a killed process handles nothing."""


@contextmanager
def killed_after(statements: int | None) -> Iterator[None]:
    """Let the block run up to its statement of this number, which fails as all that come after it; None: to its end.

    What its open transaction wrote is rolled back, as the database does when the process is gone."""
    left = statements

    def count(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        nonlocal left
        if left is not None and not sql.startswith(OF_SAVEPOINTS):
            left -= 1
            if left < 0:
                raise Killed
        return execute(sql, params, many, context)

    with suppress(Killed), connection.execute_wrapper(count):
        yield
