"""Steps of migrations that let others read and write meanwhile, and that go on after they were killed.

A migration with one of them sets `atomic = False` and has no other step that cannot be repeated, such as AddField."""

import logging
from typing import Any

from django.apps.registry import Apps
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.operations import RenameIndex, RunPython

from projects.sqlguard import EVERY_PROJECT

logger = logging.getLogger(__name__)

BATCH_ROWS = 5_000
REPORTED_BYTES = 100 * 2**20  # an index on a larger table takes long enough to be reported
REPORTED_BATCHES = 20
INDEX_SQL = "SELECT i.indisvalid FROM pg_index i WHERE i.indexrelid = to_regclass(quote_ident(%(name)s))"
BATCH_SQL = """
WITH batch AS MATERIALIZED (
    SELECT {key} FROM {table} WHERE {after} ORDER BY {key} LIMIT {limit} FOR NO KEY UPDATE
), changed AS (
    UPDATE {table} SET {changes} WHERE ({key}) IN (SELECT {key} FROM batch) AND {where} RETURNING 1
)
SELECT {key}, (SELECT count(*) FROM changed) FROM batch ORDER BY ({key}) DESC LIMIT 1 {every}
"""


class BuildIndex(AddIndexConcurrently):
    """Build an index while others write. Repeat an attempt that was killed, and leave an index that is whole."""

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        """Drop what a killed attempt left behind, then build."""
        self._ensure_not_in_transaction(schema_editor)
        model = to_state.apps.get_model(app_label, self.model_name)
        is_valid = _is_valid(schema_editor.connection, self.index.name)
        if is_valid is False:
            schema_editor.remove_index(model, self.index, concurrently=True)
        if not is_valid:
            _report(schema_editor.connection, model._meta.db_table, self.index.name)
            schema_editor.add_index(model, self.index, concurrently=True)


class RenameIndexOnce(RenameIndex):
    """Rename an index, unless an attempt that was killed has done so."""

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        """Rename it if nothing has the new name."""
        if _is_valid(schema_editor.connection, self.new_name) is None:
            super().database_forwards(app_label, schema_editor, from_state, to_state)


class UpdateInBatches(RunPython):
    """Change rows of a table in the order of its key, each batch in a transaction of its own.

    `key`, `changes` and `where` are SQL; what `changes` did must make `where` false. Nobody waits for longer than a
    batch takes. An attempt that was killed begins from the start, where nothing is left to change."""

    def __init__(self, table: str, *, key: str, changes: str, where: str) -> None:
        self._parts = {"table": table, "key": key, "changes": changes, "where": where}
        super().__init__(self._update, RunPython.noop, elidable=True)

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        """Return how a migration writes this step."""
        parts = dict(self._parts)
        return type(self).__qualname__, [parts.pop("table")], parts

    def _update(self, apps: Apps, schema_editor: Any) -> None:
        table, width = self._parts["table"], len(self._parts["key"].split(","))
        row: tuple[Any, ...] | None = None
        batches = changed = 0
        while True:
            after = f"({self._parts['key']}) > ({', '.join(['%s'] * width)})" if row else "true"
            sql = BATCH_SQL.format(**self._parts, after=after, limit=BATCH_ROWS, every=EVERY_PROJECT)
            with transaction.atomic(schema_editor.connection.alias), schema_editor.connection.cursor() as cursor:
                cursor.execute(sql, row[:width] if row else None)
                row = cursor.fetchone()
            if row is None:
                return
            batches, changed = batches + 1, changed + row[width]
            if batches % REPORTED_BATCHES == 0:
                logger.warning("%s: %s rows looked at, %s changed", table, f"{batches * BATCH_ROWS:,}", f"{changed:,}")


def _is_valid(connection: BaseDatabaseWrapper, index_name: str) -> bool | None:
    """Return whether an index is whole, or None if there is none with this name."""
    with connection.cursor() as cursor:
        cursor.execute(INDEX_SQL, {"name": index_name})
        row = cursor.fetchone()
    return row[0] if row else None


def _report(connection: BaseDatabaseWrapper, table: str, index_name: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_relation_size(to_regclass(%(table)s))", {"table": table})
        [size] = cursor.fetchone()
    if size and size > REPORTED_BYTES:
        logger.warning("building the index %s on %s (%s MB) while others write", index_name, table, size >> 20)
