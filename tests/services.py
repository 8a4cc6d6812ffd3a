"""A pytest plugin that starts throw-away PostgreSQL and Valkey before pytest-django reads the settings.

DATABASE_URL or REDIS_URL in the environment replaces the server of that kind, which is faster on the second run. The
workers of pytest-xdist share the controller's PostgreSQL, each with a database of its own, but keep their keys apart.
"""

import os
import shutil
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from config.embedded.children import Children
from config.embedded.postgres import Postgres
from config.embedded.valkey import Valkey

START_SECONDS = 60.0
_services = pytest.StashKey[ExitStack]()


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """A worker of pytest-xdist finds the URLs of its controller's servers in the environment."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "")
    with ExitStack() as services:
        data = Path(tempfile.mkdtemp(prefix="confab-tests-"))
        services.callback(remove, data)
        data.chmod(0o755)  # as root, PostgreSQL's account has to enter it
        os.environ.setdefault("CONFAB_DATA", str(data))
        os.environ.setdefault("CONFAB_SQL_GUARD", "1")  # also of the programs that tests start
        os.environ.setdefault("CONFAB_SECRET_KEY", "a key of the tests' own, as production wants it")
        children = services.enter_context(Children())
        if "DATABASE_URL" not in os.environ:
            postgres = Postgres(data / "postgres", log=data / "postgres.log", durable=False)
            os.environ["DATABASE_URL"] = started(postgres, children)
        redis = urlsplit(os.environ.get("REDIS_URL", ""))
        if not redis.scheme or (worker and not redis.hostname):
            valkey = Valkey(data / "valkey", log=data / "valkey.log", durable=False)
            os.environ["REDIS_URL"] = started(valkey, children)
        elif worker:
            number = int(redis.path.lstrip("/") or 0) + int(worker.removeprefix("gw"))
            os.environ["REDIS_URL"] = redis._replace(path=f"/{number}").geturl()
        early_config.stash[_services] = services.pop_all()


def pytest_unconfigure(config: pytest.Config) -> None:
    if _services in config.stash:
        config.stash[_services].close()


def started(server: Postgres | Valkey, children: Children) -> str:
    child = server.spawn(children)
    deadline = time.monotonic() + START_SECONDS
    while not server.is_ready():
        if child.exit_code is not None or time.monotonic() > deadline:
            raise pytest.UsageError(f"{server.name} does not start:\n{server.log.read_text()}")
        time.sleep(0.02)
    return server.url()


def remove(data: Path) -> None:
    """Also what stands elsewhere because PostgreSQL's account could not enter `data`."""
    shutil.rmtree((data / "postgres").resolve(), ignore_errors=True)
    shutil.rmtree(data, ignore_errors=True)
