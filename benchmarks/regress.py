"""What a change costs: this tree beside another commit in the same minutes, as ratios of CPU time.

    python -m benchmarks.regress [--against COMMIT] [--rounds 10] [--requests 4] [--json FILE]

Both sides run in a process and on a database of their own and take the same work, round by round in turn. CPU is that
of the process and of its PostgreSQL backend, so that a busy machine disturbs the ratios little. Takes two minutes."""

import json
import pickle
import subprocess
import sys
import tempfile
import uuid
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, Any, cast
from urllib.parse import urlsplit

import psycopg

from benchmarks import machine, table
from benchmarks.machine import median
from benchmarks.server import ROOT, cache_alone, clean_environment, database_alone, set_up

SIDE = Path(__file__).with_name("regress_side.py")


class Side:
    """One tree at work (benchmarks/regress_side.py)."""

    def __init__(self, tree: Path, database_url: str, redis_url: str, requests: int, captures: str) -> None:
        command = [sys.executable, str(SIDE), str(requests), captures]
        servers = {"DATABASE_URL": database_url, "REDIS_URL": redis_url}
        environment = clean_environment() | servers | {"PYTHONPATH": str(tree)}
        self._process = subprocess.Popen(
            command, cwd=tree, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def round(self) -> dict[str, dict[str, float]]:
        """Return the CPU of each piece of work: milliseconds of `python` and of `postgres`."""
        command, answer = cast(IO[str], self._process.stdin), cast(IO[str], self._process.stdout)
        command.write("round\n")
        command.flush()
        line = answer.readline()
        if not line:
            raise SystemExit("One side ended: see its messages above.")
        figures: dict[str, dict[str, float]] = json.loads(line)
        return figures

    def end(self) -> None:
        cast(IO[str], self._process.stdin).close()
        self._process.wait()


def main() -> None:
    options = _options()
    print(machine.description())
    print(machine.load_note())
    set_up()
    with ExitStack() as stack:
        other = stack.enter_context(checked_out(options.against))
        server = stack.enter_context(database_alone(options.database_url))
        cache = stack.enter_context(cache_alone())
        captures = stack.enter_context(tempfile.NamedTemporaryFile())
        pickle.dump(captured_requests(other), captures)
        captures.flush()
        sides = []
        for tree in (other, ROOT):
            database = stack.enter_context(database_of(server))
            side = Side(tree, database, cache, options.requests, captures.name)
            stack.callback(side.end)
            sides.append(side)
        rounds = [[side.round() for side in sides] for _ in range(options.rounds + 1)][1:]  # the first warms up
    table.write(options.json, compare(rounds, options.against))


def captured_requests(other: Path) -> list[bytes]:
    """Return the bodies in Protobuf that libraries sent (tests/wire), of those that the other commit has, too."""
    from tests.wire.scenarios import SCENARIOS, requests
    from tracing.wire.otlp import PROTOBUF

    known = [scenario for scenario in SCENARIOS if (other / scenario.relative_to(ROOT)).exists()]
    sent = (request for scenario in known for request in requests(scenario))
    return [body for signal, body, content_type in sent if (signal, content_type) == ("traces", PROTOBUF)]


def compare(rounds: list[list[dict[str, dict[str, float]]]], against: str) -> dict[str, Any]:
    """Print the medians of both sides, and the median ratio of the rounds."""
    rows, result = [], {}
    for work, sides in rounds[0][0].items():
        for where in sides:
            before, now = ([pair[side][work][where] for pair in rounds] for side in (0, 1))
            ratio = median([after / earlier for earlier, after in zip(before, now, strict=True) if earlier])
            rows.append((work, where, f"{median(before):.1f}", f"{median(now):.1f}", f"{ratio:.2f}"))
            result[f"{work}, {where}"] = ratio
    table.show(
        f"CPU in ms: {against} and this tree, medians of {len(rounds)} rounds in turn",
        ("work", "where", "before", "now", "ratio"),
        rows,
    )
    return result


@contextmanager
def checked_out(commit: str) -> Iterator[Path]:
    """Yield a directory with the files of a commit."""
    with tempfile.TemporaryDirectory(prefix="confab-regress-") as directory:
        tree = Path(directory) / "tree"
        subprocess.run(["git", "worktree", "add", "-q", "--detach", str(tree), commit], cwd=ROOT, check=True)
        try:
            yield tree
        finally:
            subprocess.run(["git", "worktree", "remove", "--force", str(tree)], cwd=ROOT, check=True)


@contextmanager
def database_of(server_url: str) -> Iterator[str]:
    """Yield a new database on the server."""
    name = f"confab_regress_{uuid.uuid4().hex[:8]}"
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
        yield urlsplit(server_url)._replace(path=f"/{name}").geturl()
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def _options() -> Namespace:
    parser = ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--against", default="HEAD", metavar="COMMIT", help="the commit to compare with (HEAD)")
    parser.add_argument("--database-url", help="a PostgreSQL on this machine; databases are made there and dropped")
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--requests", type=int, default=4, help="of 512 spans, in a round (4)")
    parser.add_argument("--json", type=Path, help="write the ratios there, too")
    return parser.parse_args()


if __name__ == "__main__":
    main()
