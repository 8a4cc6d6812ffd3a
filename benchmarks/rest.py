"""What Confab takes while nobody uses it: seconds to start, memory and CPU of everything that `up` started.

    python -m benchmarks.rest [--seconds 60] [--json FILE]

Memory is the proportional set size, in which memory that processes share is counted once. Takes two minutes."""

import time
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import Any

from benchmarks import machine, table
from benchmarks.load import send
from benchmarks.machine import children_of, cpu_seconds, pss_mb
from benchmarks.payloads import Traffic
from benchmarks.server import Confab, data_directory, started_on

SETTLE_SECONDS = 15  # after a start, until the first sweeps are over
REQUESTS, SPANS, CONNECTIONS = 32, 512, 4
START_GOAL, REST_GOAL, LOADED_GOAL, CPU_GOAL = 4.0, 270, 700, 0.005


def main() -> None:
    options = _options()
    print(machine.description())
    print(machine.load_note())
    with data_directory() as data:
        seconds, _ = started(data, options.seconds, is_first=True)
        again, figures = started(data, options.seconds, is_first=False)
    result = {"first_start_s": seconds, "second_start_s": again} | figures
    goals = {
        "second_start_s": START_GOAL, "rest_mb": REST_GOAL, "loaded_mb": LOADED_GOAL, "rest_cpu": CPU_GOAL
    }  # fmt: skip
    table.show(
        f"Everything that `up` started; at rest for {options.seconds} s; after {REQUESTS} requests of {SPANS} spans",
        ("figure", "value", "goal"),
        [
            (name, f"{value:.3g}", table.verdict(value, goals[name], at_most=True) if name in goals else "")
            for name, value in result.items()
        ],
    )
    table.write(options.json, result)


def started(data: Path, seconds: float, *, is_first: bool) -> tuple[float, dict[str, float]]:
    """Start Confab. Return the seconds until it was ready and, if it is not the first time, the figures of its rest."""
    before = time.monotonic()
    with started_on(data) as confab:
        ready = time.monotonic() - before
        return ready, {} if is_first else figures_of(confab, seconds)


def figures_of(confab: Confab, seconds: float) -> dict[str, Any]:
    time.sleep(SETTLE_SECONDS)
    rest, cpu = memory(confab), cpu_of(confab)
    time.sleep(seconds)
    share = (cpu_of(confab) - cpu) / seconds
    send(confab, Traffic(seed=4, now=time.time_ns()).requests(REQUESTS, SPANS), CONNECTIONS)
    confab.wait_for("session", "trace", "text")
    return {"rest_mb": rest, "rest_cpu": share, "loaded_mb": memory(confab)}


def memory(confab: Confab) -> float:
    return sum(map(pss_mb, children_of(confab.pid)))


def cpu_of(confab: Confab) -> float:
    return cpu_seconds(children_of(confab.pid))


def _options() -> Namespace:
    parser = ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=60, help="time of the rest (60)")
    parser.add_argument("--json", type=Path, help="write the figures there, too")
    return parser.parse_args()


if __name__ == "__main__":
    main()
