"""What a figure needs beside it: the machine, its load, and the CPU time of a process with all that it started."""

import os
import platform
import statistics
import time
from collections.abc import Sequence
from pathlib import Path

from projects.quantiles import quantile

TICKS = os.sysconf("SC_CLK_TCK")
BUSY_LOAD = 0.5  # of other people's work, at the start; above it a run says that it is not worth keeping


def description() -> str:
    """Processor, cores, memory, system, Python and how fast it is today."""
    model = next(
        (line.partition(":")[2].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")),
        platform.processor(),
    )
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"{os.cpu_count()} x {model}, {memory:.0f} GiB, {platform.system()} {platform.release()},"
        f" Python {platform.python_version()}, pace {pace():.0f} ms"
    )


def pace() -> float:
    """How many ms a fixed piece of plain Python takes, at best: the same machine differs by two from day to day."""

    def taken() -> float:
        started = time.perf_counter()
        sum(number * number for number in range(300_000))
        return (time.perf_counter() - started) * 1000

    return min(taken() for _ in range(7))


def cores() -> int:
    return os.cpu_count() or 1


def load() -> float:
    """Return the load average of the last minute."""
    return os.getloadavg()[0]


def load_note() -> str:
    before = load()
    return f"load {before:.2f} before the run" + (": too busy to trust" if before > BUSY_LOAD else "")


def children_of(pid: int) -> set[int]:
    """`pid` and everything below it."""
    parents = {int(entry.name): _parent(entry) for entry in Path("/proc").iterdir() if entry.name.isdigit()}
    found = {pid}
    while more := {child for child, parent in parents.items() if parent in found} - found:
        found |= more
    return found


def cpu_seconds(pids: set[int]) -> float:
    """User and system time of these processes, and of the children that they have waited for."""
    return sum(sum(map(int, _stat(Path(f"/proc/{pid}"))[11:15])) for pid in pids) / TICKS


def pss_mb(pid: int) -> float:
    """Return the proportional set size of a process in MB: memory that several share counts in parts. 0 if it ended."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return next(int(line.split()[1]) * 1024 / 1e6 for line in lines if line.startswith("Pss:"))


def backend_ms(pid: int) -> float:
    """CPU time of one PostgreSQL backend, to the microsecond."""
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e6


def parent_of(pid: int) -> int:
    return _parent(Path(f"/proc/{pid}"))


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value that `share` of all values do not exceed."""
    return quantile(sorted(values), share)


def median(values: Sequence[float]) -> float:
    return statistics.median(values)


def _parent(process: Path) -> int:
    return int(_stat(process)[1])


def _stat(process: Path) -> list[str]:
    """Return the fields after the name, which may contain anything, or zeros for a process that has ended."""
    try:
        return (process / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return ["0"] * 50


def _lines(path: str) -> list[str]:
    try:
        return Path(path).read_text().splitlines()
    except OSError:
        return []
