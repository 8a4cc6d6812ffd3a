"""PostgreSQL on this machine: creates its cluster once, listens on a Unix socket only, and recovers by itself."""

import shutil
import signal
import subprocess
import tempfile
from pathlib import Path
from urllib.parse import quote

import psycopg

from config.embedded import CannotStart
from config.embedded.account import account_for_postgres, roots_store
from config.embedded.children import Child, Children
from config.embedded.orphans import disown
from config.embedded.ownership import ROLE, hand_over, hand_over_content
from config.embedded.sockets import socket_directory
from config.embedded.wheels import postgres_programs, postgres_version

DATABASE = "confab"
SUPERUSER = "postgres"  # no program of ours connects as this role
STOP_GRACE_SECONDS = 60.0  # a fast shutdown writes a checkpoint

SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "shared_buffers": "256MB",
    "max_wal_size": "4GB",  # fewer checkpoints, so fewer full page images while much is ingested
    "jit": "off",
    "random_page_cost": "1.1",
    "log_checkpoints": "off",
}
# Trust is safe because only the owner of the socket's directory can connect.
INITDB = ("--auth=trust", "--encoding=UTF8", "--locale-provider=builtin", "--locale=C.UTF-8", "--no-instructions")
# For tests, whose data may be lost.
NOT_DURABLE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class Postgres:
    """The PostgreSQL server of a data directory. Call `spawn`, then wait for `is_ready`."""

    name = "PostgreSQL"
    max_early_deaths = 5  # the resources of an orphan are free only when its last process has ended

    def __init__(self, data: Path, *, log: Path, durable: bool = True) -> None:
        self.log = log
        self.settings = SETTINGS if durable else SETTINGS | NOT_DURABLE
        self.account = account_for_postgres()
        self.version = postgres_version()
        self.programs = postgres_programs(self.account)
        self.cluster = self._reachable(data) / self.version.partition(".")[0]
        self.sockets = socket_directory(self.cluster, self.account)

    @property
    def detail(self) -> str:
        return f"{self.version.rpartition('.')[0]} in {self.cluster}"

    def url(self, database: str = DATABASE, role: str = ROLE) -> str:
        return f"postgresql://{role}@/{database}?host={quote(str(self.sockets))}"

    def spawn(self, children: Children) -> Child:
        self._make_cluster()
        self._stop_orphan()
        for lock in (self.cluster / "postmaster.pid", self.sockets / ".s.PGSQL.5432.lock"):
            disown(lock, self.cluster)
        settings = {"unix_socket_directories": str(self.sockets), **self.settings}
        flags = [flag for name, value in settings.items() for flag in ("-c", f"{name}={value}")]
        command: list[str | Path] = [self.programs / "postgres", "-D", self.cluster, *flags]
        return children.spawn(
            self.name,
            command,
            stop_signal=signal.SIGINT,
            grace=STOP_GRACE_SECONDS,
            log=self.log,
            **self.account.of_process,
        )

    def is_ready(self) -> bool:
        """Return whether the server answers. By then, our database exists and belongs to the application's role."""
        try:
            with self._as_superuser("postgres") as server:
                databases = hand_over(server, DATABASE)
            for name in databases:
                with self._as_superuser(name) as database:
                    hand_over_content(database)
        except psycopg.OperationalError:
            return False
        return True

    def _as_superuser(self, database: str) -> psycopg.Connection:
        return psycopg.connect(self.url(database, SUPERUSER), autocommit=True, connect_timeout=2)

    def _answers(self) -> bool:
        try:
            self._as_superuser("postgres").close()
        except psycopg.OperationalError:
            return False
        return True

    def _reachable(self, data: Path) -> Path:
        """Return `data` or, if the account cannot reach it, an open directory to which `data` becomes a link."""
        if not data.exists() and not self.account.can_reach(data):
            data.symlink_to(tempfile.mkdtemp(prefix="data-", dir=roots_store()))
        return self.account.make_directory(data.resolve())

    def _make_cluster(self) -> None:
        """Create the cluster if it is missing.

        It is created beside its final place, so that an existing cluster is always complete. Raises CannotStart if
        there is a cluster of another version."""
        if self.cluster.exists():
            return
        if others := sorted(path.name for path in self.cluster.parent.iterdir() if path.name.isdecimal()):
            raise CannotStart(
                f"{self.cluster.parent} holds data of PostgreSQL {others[-1]}, but this release"
                f" contains {self.cluster.name}: see 'Upgrading PostgreSQL' in docs/operations.md"
            )
        unfinished = self.cluster.with_suffix(".unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        self._run("initdb", "-D", unfinished, "-U", SUPERUSER, *INITDB)
        unfinished.rename(self.cluster)

    def _stop_orphan(self) -> None:
        """Stop a server that has outlived its `up` and its reaper and still holds the cluster."""
        if (self.cluster / "postmaster.pid").exists() and self._answers():
            self._run("pg_ctl", "-D", self.cluster, "-m", "fast", "-w", "-t", str(int(STOP_GRACE_SECONDS)), "stop")

    def _run(self, program: str, *arguments: str | Path) -> None:
        command = [self.programs / program, *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=False, **self.account.of_process)
        if done.returncode:
            raise CannotStart(f"{program} failed: {done.stderr.strip()}")
