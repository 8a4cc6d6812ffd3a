"""A full disk: everything is refused and said to be, nothing acknowledged is lost, and all goes on by itself."""

import os
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.config.exporting import assert_takes_traces, eventually
from tests.config.processes import running
from tests.config.repeating import Repeating, readiness, stored

pytestmark = [
    pytest.mark.faults,
    pytest.mark.skipif("CONFAB_FAULTS" not in os.environ, reason="takes a minute: CONFAB_FAULTS=1 runs it"),
]
DISK_BYTES, LEFT_BYTES = 300 * 2**20, 20 * 2**20


@contextmanager
def small_disk() -> Iterator[Path]:
    """A disk of its own for the data, which only root may mount."""
    path = Path(tempfile.mkdtemp(prefix="confab-disk-"))
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES},mode=755", "tmpfs", path], check=False)
    if mounted.returncode:
        path.rmdir()
        pytest.skip("a small disk cannot be mounted here")
    try:
        yield path
    finally:
        subprocess.run(["umount", "-l", path], check=True)
        path.rmdir()


def test_a_full_disk_is_said_and_costs_nothing_that_was_acknowledged() -> None:
    with small_disk() as data, running(data, CONFAB_REQUESTS_PER_SECOND="0") as up:
        filler = data / "filler"
        with Repeating(up, noise=20_000) as exporter:
            assert eventually(lambda: len(exporter.acknowledged) > 5)
            free = os.statvfs(data).f_bavail * os.statvfs(data).f_frsize
            filler.write_bytes(bytes(max(0, free - LEFT_BYTES)))
            assert eventually(lambda: "make room there" in readiness(up)[1]["disk"])
            assert eventually(lambda: (503, "1") in exporter.refused, 60), os.statvfs(data)
            time.sleep(2)
            status, checks, _ = readiness(up)
            assert status == 503
            assert up.status("/healthz") == 200
            filler.unlink()
            taken = len(exporter.acknowledged)
            assert eventually(lambda: len(exporter.acknowledged) > taken + 5, 60)

        found = stored(up)
        assert {trace_id: found.get(trace_id) for trace_id in exporter.acknowledged} == dict.fromkeys(
            exporter.acknowledged, 2
        ), checks
        assert set(exporter.refused) == {(503, "1")}
        assert eventually(lambda: readiness(up)[0] == 200, 60)
        assert_takes_traces(up)
        assert up.output.count("\n") < 150, "an outage is counted, not repeated"
