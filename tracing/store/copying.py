"""COPY in PostgreSQL's binary format, for new rows: half of the CPU of an INSERT that has to expect conflicts."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import psycopg
from django.db import IntegrityError, InternalError, connection
from django.db.models import Model
from psycopg.types.json import Jsonb

from projects import sqlguard
from tracing.json_text import dump


@dataclass(frozen=True)
class Copy:
    """New rows of a tenant table: `project_id`, and then these columns."""

    model: type[Model]
    columns: tuple[str, ...]

    @cached_property
    def sql(self) -> str:
        """Return the statement, checked to name the project of each row."""
        columns = ", ".join(("project_id", *self.columns))
        text = f"COPY {self.model._meta.db_table} ({columns}) FROM STDIN (FORMAT BINARY)"
        sqlguard.check_if_guarded(text)
        return text

    @cached_property
    def types(self) -> list[str]:
        """Return the types of the columns, without lengths."""
        return [self._type(column).partition("(")[0] for column in ("project_id", *self.columns)]

    def run(self, project_id: int, rows: Iterable[Sequence[Any]]) -> None:
        """Write rows of one project on Django's connection. Raises IntegrityError if one of them exists."""
        try:
            self._write(project_id, rows)
        except InternalError as error:  # so a coordinator calls what a node refuses, also a row that exists
            raise IntegrityError(*error.args) from error

    def _write(self, project_id: int, rows: Iterable[Sequence[Any]]) -> None:
        connection.ensure_connection()
        assert connection.connection is not None
        with (
            connection.wrap_database_errors,
            psycopg.Cursor(connection.connection) as cursor,
            cursor.copy(self.sql.encode()) as copy,
        ):
            copy.set_types(self.types)
            for row in rows:
                copy.write_row((project_id, *row))

    def _type(self, column: str) -> str:
        declared = self.model._meta.get_field(column).db_type(connection)
        assert declared is not None
        return declared


def as_json(value: Any) -> Jsonb | None:
    """Return a value for a column of JSON."""
    return None if value is None else Jsonb(value, dump)
