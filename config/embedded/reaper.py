"""Program that runs beside its parent and ends the parent's children if the parent is killed.

It reads lines from the pipe given by number: `+ <pid> <signal> <grace>` for a child that started, `- <pid>` for one
that is gone. The pipe ends with the parent. Only the standard library is used, for a fast start."""

import os
import signal
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from threading import Thread

POLL_SECONDS = 0.05


def runs(pid: int) -> bool:
    """Return whether a process runs. A zombie does not, and may remain in containers that do not collect orphans."""
    try:
        os.kill(pid, 0)
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (ProcessLookupError, PermissionError):
        return False
    except FileNotFoundError:  # no /proc: macOS, whose process 1 collects
        return sys.platform != "linux"


def end(pid: int, number: int, grace: float) -> None:
    """Ask one child to stop, and kill its process group when the grace is over."""
    deadline = time.monotonic() + grace
    try:
        os.kill(pid, number)
        while runs(pid) and time.monotonic() < deadline:
            time.sleep(POLL_SECONDS)
        os.killpg(pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return


def follow(lines: Iterable[str]) -> dict[int, tuple[int, float]]:
    """Return the children that exist when the pipe ends: their signal and grace by process id."""
    children: dict[int, tuple[int, float]] = {}
    for line in lines:
        verb, pid, *how = line.split()
        if verb == "+":
            children[int(pid)] = (int(how[0]), float(how[1]))
        else:
            children.pop(int(pid), None)
    return children


def main() -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    with open(int(sys.argv[1])) as pipe:
        children = follow(pipe)
    threads = [Thread(target=end, args=(pid, *how)) for pid, how in children.items()]
    for thread in threads:
        thread.start()


if __name__ == "__main__":
    main()
