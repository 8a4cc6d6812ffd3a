"""How many machines so many spans a day need, what they cost, and what gives in first.

    python -m benchmarks.simulate_scale cluster.json [--spans-per-day 1e9] [--days 90] [--peak 3] [--replicas 1]
        [--node-cores 16] [--node-disk-gb 4000] [--core-price 20] [--disk-price 0.1]

`cluster.json` is what benchmarks/cluster.py has measured. The costs of a span are those of its last point, at full
speed; from them, the model says what its other points must have used, beside what they used. Prices are for a month,
of a core with its memory and of a GB of disk."""

import json
import math
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks import table

DAY = 86_400
MOST_BUSY = 0.6  # of a core, at the peak; the rest is for bursts, vacuum and a node that is away
DISK_FULL = 0.75
COSTS = ("programs_cpu_ms", "coordinator_cpu_ms", "nodes_cpu_ms", "log_bytes", "disk_bytes", "request_bytes")
CORES_OF_COORDINATOR = (16, 64)  # that a coordinator has, and that the largest has


class Need(NamedTuple):
    """What a number of spans takes, at the peak and over the days that they are kept."""

    per_second: float
    programs: float  # cores
    coordinator: float  # cores
    nodes: float  # cores
    log: float  # bytes a second
    network: float  # bytes a second
    disk: float  # bytes


def need(costs: dict[str, float], per_second: float, *, spans_kept: float = 0) -> Need:
    """Return what so many spans a second take, by the costs of one."""
    busy = {name: costs[f"{name}_cpu_ms"] * per_second / 1000 for name in ("programs", "coordinator", "nodes")}
    log = costs["log_bytes"] * per_second
    return Need(
        per_second=per_second,
        **busy,
        log=log,
        network=costs["request_bytes"] * per_second + log,  # a row is in the log about as it is on its way to its node
        disk=costs["disk_bytes"] * spans_kept,
    )


def main() -> None:
    options = _options()
    measured = json.loads(options.measured.read_text())
    for which in ("plain", "cluster"):
        check(which, measured[which]["points"])
    points = measured["cluster"]["points"]
    carry({name: points[-1][name] for name in COSTS}, options)


def check(which: str, points: list[dict[str, Any]]) -> None:
    """Compare what the model says of each point with what it used."""
    costs = points[-1]
    rows = []
    for point in points:
        said, used = need(costs, point["taken"]), need(point, point["taken"])
        cores = zip(said[1:4], used[1:4], strict=True)
        rows.append(
            (f"{point['taken']:.0f}", *(f"{model:.2f} / {real:.2f}" for model, real in cores),
             f"{said.log / 1e6:.2f} / {used.log / 1e6:.2f}", f"{costs['disk_bytes']:.0f} / {point['disk_bytes']:.0f}")
        )  # fmt: skip
    headings = ("spans/s", "cores of programs", "of the coordinator", "of nodes", "log MB/s", "disk bytes a span")
    table.show(f"Model / measured, {which}", headings, rows)


def carry(costs: dict[str, float], options: Namespace) -> None:
    """Print what the spans of `options` need, and what gives in first."""
    average = options.spans_per_day / DAY
    peak = need(costs, average * options.peak, spans_kept=options.spans_per_day * options.days)
    copies = 1 + options.replicas
    by_cpu = math.ceil(peak.nodes / (options.node_cores * MOST_BUSY))
    by_disk = math.ceil(peak.disk / (options.node_disk_gb * 1e9 * DISK_FULL))
    nodes = max(by_cpu, by_disk, 1)
    coordinator, programs = (math.ceil(cores / MOST_BUSY) for cores in (peak.coordinator, peak.programs))
    cores = programs + copies * (coordinator + nodes * options.node_cores)
    price = cores * options.core_price + nodes * options.node_disk_gb * copies * options.disk_price
    table.show(
        f"{options.spans_per_day:,.0f} spans a day, kept for {options.days} days, peak {options.peak:g} times the mean",
        ("", "needed"),
        [
            ("spans/s, mean and peak", f"{average:,.0f}, {peak.per_second:,.0f}"),
            ("cores of web and workers", f"{programs:,}"),
            ("cores of the coordinator", f"{coordinator:,}"),
            (f"nodes of {options.node_cores} cores", f"{nodes:,}: {by_cpu:,} for CPU, {by_disk:,} for disk"),
            ("disk without copies", f"{peak.disk / 1e12:,.1f} TB"),
            ("log at the peak, all servers", f"{peak.log / 1e6:,.0f} MB/s"),
            ("network at the peak, about", f"{peak.network * 8 / 1e9:,.2f} Gbit/s"),
            (f"a month, {options.replicas} copies", f"{price:,.0f}"),
        ],
    )  # fmt: skip
    print()
    for cores_there in CORES_OF_COORDINATOR:
        most = cores_there * MOST_BUSY / (costs["coordinator_cpu_ms"] / 1000) / options.peak * DAY
        print(f"One coordinator with {cores_there} cores is used up at {most:,.0f} spans a day.")
    print("The nodes' " + ("disks are" if by_disk > by_cpu else "CPU is") + " used up before the other.")


def _options() -> Namespace:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("measured", type=Path)
    parser.add_argument("--spans-per-day", type=float, default=1e9)
    parser.add_argument("--peak", type=float, default=3)
    for name, default in (("days", 90), ("replicas", 1), ("node-cores", 16), ("node-disk-gb", 4000)):
        parser.add_argument(f"--{name}", type=int, default=default)
    for name, price in (("core-price", 20.0), ("disk-price", 0.1)):
        parser.add_argument(f"--{name}", type=float, default=price)
    return parser.parse_args()


if __name__ == "__main__":
    main()
