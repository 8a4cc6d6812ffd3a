"""Changes of tables that Citus refuses to pass on: made on the coordinator and on each part of a table by itself."""

from typing import Any

from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations import RunSQL

DISTRIBUTED_HERE = "SELECT EXISTS (SELECT FROM pg_dist_partition WHERE logicalrelid = %(table)s::regclass)"


class AlterEachPart(RunSQL):
    """RunSQL for one ALTER TABLE that names `{table}`, of a table that may be distributed."""

    def __init__(self, table: str, sql: str, reverse_sql: str) -> None:
        self.table = table
        super().__init__(sql, reverse_sql)

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        return self.__class__.__qualname__, [self.table, self.sql, self.reverse_sql], {}

    def _run_sql(self, schema_editor: BaseDatabaseSchemaEditor, sqls: Any) -> None:
        if not self._is_distributed(schema_editor):
            schema_editor.execute(sqls.format(table=self.table), params=None)
            return
        schema_editor.execute("SET LOCAL citus.enable_ddl_propagation = off", params=None)
        schema_editor.execute(sqls.format(table=self.table), params=None)
        schema_editor.execute("SET LOCAL citus.enable_ddl_propagation TO DEFAULT", params=None)
        with schema_editor.connection.cursor() as cursor:
            parts = "SELECT result FROM run_command_on_shards(%(table)s, %(sql)s) WHERE NOT success"
            cursor.execute(parts, {"table": self.table, "sql": sqls.format(table="%s")})
            if failed := cursor.fetchall():
                raise RuntimeError(f"{len(failed)} parts of {self.table} were not changed: {failed[0][0]}")

    def _is_distributed(self, schema_editor: BaseDatabaseSchemaEditor) -> bool:
        with schema_editor.connection.cursor() as cursor:
            cursor.execute("SELECT to_regclass('pg_dist_partition') IS NOT NULL")
            if not cursor.fetchone()[0]:
                return False
            cursor.execute(DISTRIBUTED_HERE, {"table": self.table})
            return bool(cursor.fetchone()[0])
