"""The application works as a role that is no superuser, also on data of the time when it was one."""

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from config.embedded.children import Children
from config.embedded.ownership import HAND_OVER
from config.embedded.postgres import SUPERUSER, Postgres
from tests.live import data_directory
from tests.services import started

BEFORE = """
CREATE EXTENSION btree_gin;
CREATE TABLE part (id bigint GENERATED ALWAYS AS IDENTITY, day date NOT NULL) PARTITION BY RANGE (day);
CREATE TABLE part_2026_01 PARTITION OF part FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
CREATE TABLE "Odd ""name"" of it" (id serial PRIMARY KEY, words text[]);
CREATE INDEX words ON "Odd ""name"" of it" USING gin (id, words);
CREATE SEQUENCE alone;
CREATE VIEW seen AS SELECT * FROM part;
CREATE MATERIALIZED VIEW kept AS SELECT 1 AS one;
CREATE TYPE mood AS ENUM ('fine');
CREATE DOMAIN short AS text CHECK (length(VALUE) < 5);
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
CREATE FUNCTION twice(n int, VARIADIC more int[]) RETURNS int LANGUAGE sql AS 'SELECT n * 2';
CREATE PROCEDURE nothing() LANGUAGE sql AS '';
CREATE TRIGGER refuses BEFORE DELETE ON part FOR EACH ROW EXECUTE FUNCTION refuse();
CREATE SCHEMA beside;
CREATE TABLE beside.more (id int);
INSERT INTO part (day) VALUES ('2026-01-05');
"""
AFTER = """
ALTER TABLE part ADD COLUMN more text;
CREATE TABLE part_2026_02 PARTITION OF part FOR VALUES FROM ('2026-02-01') TO ('2026-03-01');
INSERT INTO part (day) VALUES ('2026-02-05');
INSERT INTO "Odd ""name"" of it" DEFAULT VALUES;
SELECT nextval('alone');
ALTER TYPE mood ADD VALUE 'better';
ALTER DOMAIN short DROP CONSTRAINT short_check;
REFRESH MATERIALIZED VIEW kept;
CREATE OR REPLACE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN OLD; END';
DROP FUNCTION twice;
DROP PROCEDURE nothing;
DROP TABLE part_2026_01;
DROP VIEW seen;
DROP SCHEMA beside CASCADE;
CREATE EXTENSION IF NOT EXISTS btree_gin;
CREATE EXTENSION pg_trgm;
CREATE SCHEMA own;
"""


@pytest.fixture(scope="module")
def server() -> Iterator[Postgres]:
    """Give one whose data are of the time before the role."""
    with data_directory() as data:
        make_old(data)
        with Children() as children:
            server = Postgres(data / "postgres", log=data / "log", durable=False)
            started(server, children)
            yield server


def make_old(data: Path) -> None:
    with Children() as children:
        server = Postgres(data / "postgres", log=data / "log", durable=False)
        started(server, children)
        with connected(server, "postgres", SUPERUSER) as superuser:
            superuser.execute("DROP DATABASE confab")
            superuser.execute("DROP ROLE confab")
            superuser.execute("CREATE DATABASE confab")
            superuser.execute("CREATE DATABASE confab_restored")
        with connected(server, "confab", SUPERUSER) as superuser:
            superuser.execute(BEFORE)


def connected(server: Postgres, database: str = "confab", role: str = "confab") -> psycopg.Connection:
    return psycopg.connect(server.url(database, role), autocommit=True)


def test_the_role_of_the_application_is_no_superuser(server: Postgres) -> None:
    with psycopg.connect(server.url()) as application:
        role = application.execute(
            "SELECT rolname, rolsuper, rolcreaterole, rolreplication, rolbypassrls FROM pg_roles"
            " WHERE rolname = current_user"
        ).fetchone()
    assert role == ("confab", False, False, False, False)


@pytest.mark.parametrize(
    "statement",
    [
        "COPY (SELECT 1) TO PROGRAM 'true'",
        "COPY (SELECT 1) TO '/tmp/confab-was-here'",
        "SELECT pg_read_file('/etc/passwd')",
        "ALTER SYSTEM SET fsync = off",
        "CREATE EXTENSION file_fdw",
        "ALTER ROLE confab SUPERUSER",
        "SET ROLE postgres",
    ],
)
def test_what_only_a_superuser_may_is_refused(server: Postgres, statement: str) -> None:
    with connected(server) as application, pytest.raises(psycopg.errors.InsufficientPrivilege):
        application.execute(statement.encode())


def test_data_of_before_belong_to_the_application(server: Postgres) -> None:
    with connected(server) as application:
        assert application.execute("SELECT count(*) FROM part").fetchone() == (1,)
        for statement in filter(str.strip, AFTER.split(";\n")):
            application.execute(statement.encode())


def test_every_database_is_the_applications_to_replace(server: Postgres) -> None:
    with connected(server, "postgres") as application:
        application.execute("DROP DATABASE confab_restored WITH (FORCE)")
        application.execute("CREATE DATABASE confab_restored")
        application.execute("ALTER DATABASE confab_restored RENAME TO confab_again")
        names = application.execute("SELECT datname FROM pg_database WHERE datname LIKE 'confab_%'").fetchall()
    assert names == [("confab_again",)]


def test_handing_over_again_changes_nothing(server: Postgres) -> None:
    assert server.is_ready()
    with connected(server, role=SUPERUSER) as superuser:
        superuser.execute(HAND_OVER.encode())
        left = superuser.execute(
            "SELECT relname FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace WHERE nspname !~ '^pg_'"
            " AND nspname <> 'information_schema' AND relowner <> 'confab'::regrole"
        ).fetchall()
    assert left == []
