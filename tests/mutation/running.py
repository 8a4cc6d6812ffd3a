"""Runs the tests of a module against its mutants, in a scratch copy, on servers that all runs share."""

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import redis

from config.embedded.children import Children
from config.embedded.postgres import SUPERUSER, Postgres
from config.embedded.valkey import Valkey
from tests.mutation.mutants import Mutant
from tests.services import remove, started

ROOT = Path(__file__).resolve().parents[2]
MAX_SECONDS = 900  # for all tests of one mutant; a mutant that needs more is a killed one
MAX_TEST_SECONDS = 240
FAILED = re.compile(r"^(?:FAILED|ERROR) ([^\s\[]+)", re.MULTILINE)  # A parametrized test with all of its cases
DATABASE = "mutants"
TESTED, PRISTINE = f"test_{DATABASE}", f"pristine_{DATABASE}"


class BrokenTests(Exception):
    """The tests fail, or do not run, without any mutant."""


class Workshop:
    """A copy of the project, and servers, in which mutants are tried one after the other."""

    def __init__(self, copy: Path, environment: dict[str, str], postgres: Postgres, valkey: Valkey) -> None:
        self.copy = copy
        self._environment = environment
        self._postgres = postgres
        self._valkey = valkey
        self._sound: set[str] = set()

    def prepare(self) -> None:
        """Migrate one database, of which every run gets a copy."""
        with self._server() as server:
            server.execute(f"CREATE DATABASE {DATABASE} OWNER confab")
        if self._pytest(["tests/projects/test_auth.py"], "--create-db", "--reuse-db")[0]:
            raise BrokenTests("tests/projects/test_auth.py")
        with self._server() as server:
            server.execute(f"ALTER DATABASE {TESTED} RENAME TO {PRISTINE}")

    def killer(self, mutant: Mutant, tests: tuple[str, ...]) -> str | None:
        """The test that fails because of the mutant, or the time limit; None when all of them pass."""
        file = self.copy / mutant.module
        source = file.read_bytes()
        file.write_bytes(mutant.applied(source))
        try:
            code, output = self.run(tests)
        finally:
            file.write_bytes(source)
        if code == 0:
            return None
        if code == -signal.SIGKILL:
            return f"the time limit of {MAX_SECONDS} s"
        failed = FAILED.search(output)
        if failed is None:
            return f"it does not even load: {output.strip().splitlines()[-1][:200]}"
        self._must_be_sound(failed[1])
        return failed[1] + (" by its time limit" if "Failed: Timeout" in output else "")

    def run(self, tests: tuple[str, ...]) -> tuple[int, str]:
        """The exit code and output of pytest on a fresh database."""
        with self._server() as server:
            server.execute(f"DROP DATABASE IF EXISTS {TESTED} WITH (FORCE)")
            server.execute(f"CREATE DATABASE {TESTED} OWNER confab TEMPLATE {PRISTINE}")
        redis.Redis(unix_socket_path=str(self._valkey.socket)).flushall()
        return self._pytest([*tests], "--reuse-db")

    def _must_be_sound(self, test: str) -> None:
        if test not in self._sound:
            code, output = self.run((test,))
            if code:
                raise BrokenTests(f"{test} fails without a mutant:\n{output[-3000:]}")
            self._sound.add(test)

    def _pytest(self, tests: list[str], *options: str) -> tuple[int, str]:
        known = [test for test in tests if (self.copy / test.partition("::")[0]).exists()]
        command = [sys.executable, "-m", "pytest", "-x", "-q", "--no-header", "--timeout", str(MAX_TEST_SECONDS)]
        with subprocess.Popen(
            [*command, "-p", "no:cacheprovider", *options, *known],
            cwd=self.copy,
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        ) as process:
            try:
                output, _ = process.communicate(timeout=MAX_SECONDS)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                output, _ = process.communicate()
        return process.returncode, output

    def _server(self) -> psycopg.Connection:
        return psycopg.connect(self._postgres.url("postgres", SUPERUSER), autocommit=True)


@contextmanager
def workshop() -> Iterator[Workshop]:
    """Everything in a directory that goes with the block."""
    data = Path(tempfile.mkdtemp(prefix="confab-mutants-"))
    data.chmod(0o755)  # as root, PostgreSQL's account has to enter it
    try:
        with Children() as children:
            postgres = Postgres(data / "postgres", log=data / "postgres.log", durable=False)
            valkey = Valkey(data / "valkey", log=data / "valkey.log", durable=False)
            started(postgres, children)
            environment = {
                **os.environ,
                "DATABASE_URL": postgres.url(DATABASE),
                "REDIS_URL": started(valkey, children),
                "CONFAB_DATA": str(data / "files"),
                "CONFAB_SECRET_KEY": "a key of the mutants' own, as production wants it",
            }
            made = Workshop(_copied(data / "copy"), environment, postgres, valkey)
            made.prepare()
            yield made
    finally:
        remove(data)


def _copied(copy: Path) -> Path:
    """What git knows of the project, and what it would: as it is on the disk."""
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "-z"], cwd=ROOT, check=True, capture_output=True, text=True
    )
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, copy / name)
    return copy
