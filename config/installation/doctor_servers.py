"""What `manage.py doctor` says about the database, Redis and the storage of files."""

import os
from collections.abc import Iterable
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import redis
from django.conf import settings
from django.db import DatabaseError, connection
from django.template.defaultfilters import filesizeformat

from config.installation import readings
from config.installation.facts import Fact, FactState
from config.preparation import OLDEST_POSTGRES
from config.storage_checks import LEAST_FREE_BYTES
from projects.jobs.redis_client import redis_client
from projects.masking import masked

CONNECT_SECONDS = 5.0
OLDEST_REDIS = 7  # major version of the protocol
COMFORTABLE_BYTES = 2**30
ROOM_STATES = ((LEAST_FREE_BYTES, FactState.BROKEN), (COMFORTABLE_BYTES, FactState.WARNING))
LEAST_SECRET_CHARACTERS = 4  # what is shorter is part of too many words
NO_EVICTION = "noeviction"
DATABASE_FACTS_SQL = """
SELECT current_setting('server_version_num')::int, pg_is_in_recovery(),
    current_setting('transaction_read_only') = 'on',
    has_database_privilege(current_database(), 'CREATE') AND has_schema_privilege('public', 'CREATE'),
    pg_encoding_to_char(encoding)
FROM pg_database WHERE datname = current_database()
"""
SERVER_SETTINGS_SQL = """
SELECT name, CASE unit WHEN '8kB' THEN setting::float8 * 8 ELSE setting::float8 END
FROM pg_settings WHERE name = ANY(%(names)s)
"""


class Wish(NamedTuple):
    """A setting of PostgreSQL: the least or the most that Confab needs, in kB where it is memory, and why."""

    least: float
    most: float
    better: str
    why: str


UNBOUNDED = float("inf")
WISHES = {
    "random_page_cost": Wish(0, 2, "1.1", "rare values are found by scanning whole tables"),
    "shared_buffers": Wish(256 * 1024, UNBOUNDED, "a quarter of the server's memory", "pages are read from disk again"),
    "effective_cache_size": Wish(
        1024 * 1024, UNBOUNDED, "three quarters of the server's memory", "indexes look dearer than they are"
    ),
    "max_connections": Wish(60, UNBOUNDED, "100", "each program holds a connection for each of its threads"),
}


def check_database() -> Iterable[Fact]:
    """Yield what is known about the database, which need not be there yet if it is the embedded one."""
    if not settings.IS_DATABASE_NAMED:
        yield Fact("DATABASE_URL", "is not set: `up` starts its own PostgreSQL")
        return
    connection.settings_dict["OPTIONS"].setdefault("connect_timeout", int(CONNECT_SECONDS))
    try:
        yield from _look_at_database()
    except DatabaseError as error:
        advice = f"Is the server running, and are name, account and password right? It says: {_words_of(error)}"
        yield Fact("DATABASE_URL", "cannot be used", FactState.BROKEN, advice)
    finally:
        connection.close()


def _look_at_database() -> Iterable[Fact]:
    version, is_standby, is_read_only, may_create, encoding = _row(DATABASE_FACTS_SQL)
    if version < OLDEST_POSTGRES * 10_000:
        advice = f"Confab needs PostgreSQL {OLDEST_POSTGRES} or newer."
        yield Fact("PostgreSQL", f"is version {version // 10_000}", FactState.BROKEN, advice)
    else:
        yield Fact("PostgreSQL", f"is version {version // 10_000}.{version % 10_000}")
    if is_standby or is_read_only:
        yield Fact("Database", "takes no writes", FactState.BROKEN, "Let DATABASE_URL name the primary server.")
    if not may_create:
        advice = "Let it own the database: ALTER DATABASE ... OWNER TO this role."
        yield Fact("Role", "may create no tables", FactState.BROKEN, advice)
    if encoding != "UTF8":
        advice = "Create the database with ENCODING 'UTF8': texts come in every language."
        yield Fact("Encoding", f"is {encoding}", FactState.BROKEN, advice)
    yield from _look_at_settings()
    ahead = readings.read_clock_difference()
    if abs(ahead) > readings.MAX_CLOCK_SECONDS:
        advice = "Let both machines take their time from NTP: leases and ages compare the two."
        yield Fact("Clock", f"differs by {abs(ahead):.0f} s from the database's", FactState.WARNING, advice)
    if missing := readings.count_missing_migrations():
        advice = "Run `manage.py prepare` before the programs start; `up` does it itself."
        yield Fact("Migrations", f"{missing} not applied", FactState.WARNING, advice)


def _look_at_settings() -> Iterable[Fact]:
    with connection.cursor() as cursor:
        cursor.execute(SERVER_SETTINGS_SQL, {"names": list(WISHES)})
        found: dict[str, float] = dict(cursor.fetchall())
    for name, value in found.items():
        wish = WISHES[name]
        if not wish.least <= value <= wish.most:
            advice = f"Set it to {wish.better}, as with ALTER SYSTEM SET {name}: otherwise, {wish.why}."
            yield Fact(name, f"is too {'small' if value < wish.least else 'large'}", FactState.WARNING, advice)
    if _row("SELECT current_setting('jit') = 'on'")[0]:
        advice = "ALTER DATABASE ... SET jit = off: compiling takes longer than most of our statements."
        yield Fact("jit", "is on", FactState.WARNING, advice)


def check_redis() -> Iterable[Fact]:
    """Yield what is known about Redis."""
    if not settings.IS_REDIS_NAMED:
        yield Fact("REDIS_URL", "is not set: `up` starts its own Valkey")
        return
    client = redis_client(CONNECT_SECONDS)
    try:
        version = str(client.info("server")["redis_version"])
        policy = client.info("memory").get("maxmemory_policy", NO_EVICTION)
    except redis.RedisError as error:
        advice = f"Is the server running, and are address and password right? It says: {_words_of(error)}"
        yield Fact("REDIS_URL", "cannot be used", FactState.BROKEN, advice)
        return
    is_old = int(version.partition(".")[0]) < OLDEST_REDIS
    advice = f"Confab needs the protocol of Redis {OLDEST_REDIS} or newer." * is_old
    yield Fact("Redis protocol", f"is version {version}", FactState.BROKEN if is_old else FactState.FINE, advice)
    if policy != NO_EVICTION:
        advice = f"Set it to {NO_EVICTION}: otherwise, messages and rate limits disappear when memory is short."
        yield Fact("maxmemory-policy", f"is {policy}", FactState.WARNING, advice)


def check_files() -> Iterable[Fact]:
    """Yield what is known about the directory of data and the storage of files."""
    place = settings.DATA_DIR
    if not place.exists():
        yield Fact("CONFAB_DATA", "does not exist yet: `up` makes it")
        return
    if not os.access(place, os.W_OK | os.X_OK):
        advice = "Give it to the account that runs Confab."
        yield Fact("CONFAB_DATA", "cannot be written", FactState.BROKEN, advice)
        return
    free = readings.read_disk().free_bytes
    state = next((state for least, state in ROOM_STATES if free < least), FactState.FINE)
    advice = "Make room, or move it to a larger disk: a full disk refuses what SDKs send." * (state != FactState.FINE)
    yield Fact("CONFAB_DATA", f"has {filesizeformat(free)} left", state, advice)
    try:
        readings.try_storage()
    except Exception as error:  # of any storage, in any way
        advice = f"See CONFAB_STORAGE and CONFAB_STORAGE_OPTIONS. It says: {_words_of(error)}"
        yield Fact("Storage of files", "does not work", FactState.BROKEN, advice)
    else:
        yield Fact("Storage of files", "takes files")


def _row(sql: str) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchone()


def _words_of(error: Exception) -> str:
    """Return what a server said, without any secret that the settings have."""
    words = " ".join(str(error).split())
    for secret in sorted(_secrets(), key=len, reverse=True):
        words = words.replace(secret, "***")
    return masked(words)[:300]


def _secrets() -> set[str]:
    options = settings.STORAGES["default"].get("OPTIONS", {}).values()
    known = {
        *(settings.SECRET_KEY, settings.ENCRYPTION_KEY, str(settings.DATABASES["default"].get("PASSWORD") or "")),
        *(urlsplit(settings.REDIS_URL).password or "", *(value for value in options if isinstance(value, str))),
    }
    return {secret for secret in known if len(secret) >= LEAST_SECRET_CHARACTERS}
