"""Behind pgbouncer in transaction mode everything works: nothing of ours belongs to a session of the database."""

import os
import re
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import NamedTuple

import httpx
import psycopg
import pytest

from tests import pooler
from tests.config.exporting import Exporter, assert_takes_traces, database_url, eventually, sessions
from tests.live import MANAGE, Up, data_directory, own_database, start
from tests.pooler import Pooler, pooled

pytestmark = [pytest.mark.faults, pooler.needed]
EVENTS = 3_000
EVENT = """
INSERT INTO audit_event (at, organization_id, actor, action, target, details)
SELECT now(), (SELECT min(id) FROM organization), 'a', 'exported', 'event ' || n, '{}' FROM generate_series(1, %s) AS n
"""
LOCKS = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"


class Behind(NamedTuple):
    """An installation, the pooler that it knows as its database, and the database itself."""

    up: Up
    pooler: Pooler
    server: str


@pytest.fixture(scope="module")
def behind() -> Iterator[Behind]:
    with data_directory() as data, own_database() as server, pooled(server) as between:
        up = start(data, DATABASE_URL=between.url)
        try:
            up.wait_until_ready()
            yield Behind(up, between, server)
        finally:
            up.stop()


def manage(*command: str, url: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.environ["PATH"], "DATABASE_URL": url, "CONFAB_SECRET_KEY": "k" * 50}
    return subprocess.run([*MANAGE, *command], env=environment, check=check, timeout=90, capture_output=True, text=True)


def prepare(url: str) -> float:
    """The seconds that `manage.py prepare` takes."""
    started = time.monotonic()
    manage("prepare", url=url)
    return time.monotonic() - started


def one(url: str, query: str, *params: object) -> int:
    with psycopg.connect(url, autocommit=True) as connection:
        row = connection.execute(query.encode(), params).fetchone()
    assert row
    return int(row[0])


def signed_in(up: Up) -> httpx.Client:
    client = httpx.Client(base_url=up.url, timeout=60, follow_redirects=True)
    page = client.get("/sign-in")
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)
    assert token
    form = {"csrfmiddlewaretoken": token[1], "login": up.email, "password": up.password}
    assert client.post("/sign-in", data=form).url.path != "/sign-in"
    return client


def test_preparing_again_waits_for_nobody_and_leaves_no_lock_in_the_pool(behind: Behind) -> None:
    with psycopg.connect(behind.pooler.url) as busy:
        busy.execute("SELECT 1")  # keeps the server connection that the others would get
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(prepare, [behind.pooler.url] * 2))

    assert one(behind.server, LOCKS) == 0


def download(client: httpx.Client, path: str) -> httpx.Response:
    """Asks again as long as there are too many at once."""
    while (answer := client.get(path)).status_code == 429:
        time.sleep(0.2)
    return answer


@pytest.mark.parametrize("command", [("dump", "{}"), ("restore", "--no-input", "{}")])
def test_a_dump_or_restore_by_the_pooler_is_refused_with_the_way_out(
    behind: Behind, tmp_path: Path, command: tuple[str, ...]
) -> None:
    """pg_dump would leave an empty search path to whoever gets its connection next."""
    if command[0] == "restore":
        manage("dump", str(tmp_path / "file"), url=behind.server)
    result = manage(*[word.format(tmp_path / "file") for word in command], url=behind.pooler.url, check=False)

    assert result.returncode == 1
    assert "names a pooler" in result.stderr


def test_downloads_are_whole_while_traces_arrive(behind: Behind) -> None:
    with psycopg.connect(behind.server, autocommit=True) as connection:
        connection.execute(EVENT, [EVENTS])
    client = signed_in(behind.up)
    link = re.search(r"/organization/\d+", client.get("/organizations").text)
    assert link

    with Exporter(behind.up), ThreadPoolExecutor(2) as pool:  # more at once of one person are refused
        answers = list(pool.map(partial(download, client), [f"{link[0]}/audit.csv"] * 9))

    assert [(answer.status_code, answer.text.count(",event ")) for answer in answers] == [(200, EVENTS)] * 9
    count = len(sessions(behind.up))
    headers = {"Authorization": f"Bearer {behind.up.secret_key}"}
    exported = httpx.get(f"{behind.up.url}/api/v1/export?format=csv", headers=headers, timeout=60)
    assert exported.status_code == 200
    assert len(exported.text.splitlines()) > count, "and their headings"


def test_a_pooler_that_is_started_again_loses_no_acknowledged_trace(behind: Behind) -> None:
    with Exporter(behind.up) as exporter:
        behind.pooler.stop()
        time.sleep(0.5)
        behind.pooler.start()
        exporter.expect_more()

    assert eventually(lambda: exporter.acknowledged <= sessions(behind.up)), behind.up.output
    assert database_url(behind.up) == behind.pooler.url
    assert_takes_traces(behind.up)
    assert eventually(lambda: behind.up.status("/readyz") == 200)
