"""Makes the application's role the owner of a database and its content, so that no program needs the superuser.

Data directories of releases before this role belong to the superuser and are handed over at their next start.
Extensions keep the superuser as owner: the application uses them, and may create those that PostgreSQL trusts."""

import psycopg
from psycopg import sql

ROLE = "confab"

# The role must be able to replace its database for a restore, and to end connections to it, also those of autovacuum.
MAKE_ROLE = f"""
DO $$ BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{ROLE}') THEN
        CREATE ROLE {ROLE} LOGIN CREATEDB IN ROLE pg_signal_backend;
    END IF;
END $$
"""
DATABASES_SQL = """
SELECT datname, datdba = %(role)s::regrole FROM pg_database
WHERE NOT datistemplate AND datname <> 'postgres' AND datallowconn
"""
# Indexes, column sequences and row types follow their tables.
HAND_OVER = f"""
DO $$ DECLARE statement text; BEGIN
    FOR statement IN
        WITH own AS (SELECT oid FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'),
        of_extension AS (SELECT classid, objid FROM pg_depend WHERE deptype = 'e')
        SELECT format('ALTER SCHEMA %I OWNER TO {ROLE}', nspname) FROM pg_namespace
        WHERE oid IN (SELECT oid FROM own) AND nspname <> 'public' AND nspowner <> '{ROLE}'::regrole
            AND ('pg_namespace'::regclass, oid) NOT IN (TABLE of_extension)
        UNION ALL
        SELECT format('ALTER %s %s OWNER TO {ROLE}', CASE relkind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW'
            WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END, oid::regclass) FROM pg_class AS c
        WHERE relkind IN ('r', 'p', 'v', 'm', 'S') AND relnamespace IN (SELECT oid FROM own)
            AND relowner <> '{ROLE}'::regrole AND ('pg_class'::regclass, oid) NOT IN (TABLE of_extension)
            AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_class'::regclass AND objid = c.oid
                AND deptype IN ('a', 'i') AND c.relkind = 'S')
        UNION ALL
        SELECT format('ALTER ROUTINE %s OWNER TO {ROLE}', oid::regprocedure) FROM pg_proc
        WHERE pronamespace IN (SELECT oid FROM own) AND proowner <> '{ROLE}'::regrole
            AND ('pg_proc'::regclass, oid) NOT IN (TABLE of_extension)
        UNION ALL
        SELECT format('ALTER TYPE %s OWNER TO {ROLE}', oid::regtype) FROM pg_type
        WHERE typnamespace IN (SELECT oid FROM own) AND typtype IN ('d', 'e', 'r') AND typowner <> '{ROLE}'::regrole
            AND ('pg_type'::regclass, oid) NOT IN (TABLE of_extension)
    LOOP EXECUTE statement; END LOOP;
END $$
"""


def hand_over(server: psycopg.Connection, database: str) -> list[str]:
    """Create the role, and its database if it is missing. Return the names of all databases.

    The content of these databases is handed over by `hand_over_content`."""
    server.execute(MAKE_ROLE)
    found: dict[str, bool] = dict(server.execute(DATABASES_SQL, {"role": ROLE}).fetchall())
    if database not in found:
        server.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(database), sql.Identifier(ROLE)))
    for name, is_ours in found.items():
        if not is_ours:
            server.execute(sql.SQL("ALTER DATABASE {} OWNER TO {}").format(sql.Identifier(name), sql.Identifier(ROLE)))
    return [*found]


def hand_over_content(database: psycopg.Connection) -> None:
    """Make the role the owner of everything in a database, in one transaction."""
    database.execute(HAND_OVER.encode())
