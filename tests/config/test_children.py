"""No child outlives us: not when we stop, not when we are killed, not when the reaper was killed first."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from config.embedded.children import Children
from config.embedded.reaper import follow, runs

SLEEP = (sys.executable, "-c", "import time; time.sleep(60)")
DEAF = (
    sys.executable,
    "-c",
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(flush=True); time.sleep(60)",
)
WITH_GRANDCHILD = (
    sys.executable,
    "-c",
    "import subprocess, sys, time; print(subprocess.Popen(['sleep', '60']).pid, flush=True); time.sleep(60)",
)
PARENT = """
import sys, time
from config.embedded.children import Children

sleep = [sys.executable, "-c", "import time; time.sleep(60)"]
children = Children()
print(children._reaper.pid, *(children.spawn("sleeper", sleep).pid for _ in range(3)), flush=True)
time.sleep(60)
"""


def eventually(condition: Callable[[], object], seconds: float = 10.0) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def test_the_end_of_the_block_ends_the_children() -> None:
    with Children() as children:
        child = children.spawn("sleeper", SLEEP)
    assert child.exit_code == -signal.SIGTERM
    assert not runs(child.pid)


def test_a_child_that_does_not_listen_is_killed_after_its_grace(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with Children() as children:
        child = children.spawn("deaf", DEAF, grace=0.2, log=log)
        assert eventually(lambda: log.read_bytes())
    assert child.exit_code == -signal.SIGKILL


def test_what_a_dead_child_left_behind_is_ended(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with Children() as children:
        child = children.spawn("parent", WITH_GRANDCHILD, log=log)
        assert eventually(lambda: log.read_bytes().endswith(b"\n"))
        os.kill(child.pid, signal.SIGKILL)
        child.process.wait()
        grandchild = int(log.read_text())
        assert runs(grandchild)

        children.forget(child)
        assert eventually(lambda: not runs(grandchild))


def test_the_reaper_ends_the_children_of_a_killed_parent() -> None:
    parent = subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE, text=True)
    assert parent.stdout
    family = [int(pid) for pid in parent.stdout.readline().split()]
    assert all(runs(pid) for pid in family)

    parent.kill()
    parent.wait()
    parent.stdout.close()
    assert eventually(lambda: not any(runs(pid) for pid in family))


def test_a_killed_reaper_is_replaced_by_one_that_knows_everybody() -> None:
    with Children() as children:
        child = children.spawn("sleeper", SLEEP)
        first = children._reaper
        first.kill()
        first.wait()
        children.keep_reaper()

        assert children._reaper.pid != first.pid
        os.close(children._pipe)  # what the reaper sees of our death
        assert eventually(lambda: child.exit_code is not None)
        children._pipe = os.open(os.devnull, os.O_WRONLY)


def test_the_reaper_forgets_children_that_are_gone() -> None:
    assert follow(["+ 10 15 5.0\n", "+ 11 2 60.0\n", "- 10\n"]) == {11: (2, 60.0)}
