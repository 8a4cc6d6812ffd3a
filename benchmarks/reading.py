"""What it costs to read spans (decode, translate, fit), beside another commit in the same minutes, as CPU time.

    python -m benchmarks.reading [--against COMMIT] [--rounds 30] [--json FILE]

Both sides run in a process of their own without a database, and take the same requests, round by round in turn: large
ones as benchmarks.payloads makes them, and those of the tests of both (tests/wire), which libraries really sent."""

import gc
import json
import pickle
import subprocess
import sys
import tempfile
import time
from argparse import ArgumentParser
from datetime import UTC, datetime
from operator import sub
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
PROTOBUF = "application/x-protobuf"
LARGE_REQUESTS, SPANS_OF_REQUEST = 4, 256
Requests = dict[str, list[tuple[str, bytes, str]]]  # kind of work: signal, body and content type of each request


def main() -> None:
    """Compare this tree with another commit."""
    from benchmarks import machine, table
    from benchmarks.machine import median
    from benchmarks.regress import checked_out
    from benchmarks.server import clean_environment, set_up

    parser = ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--against", default="HEAD", metavar="COMMIT", help="the commit to compare with (HEAD)")
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    print(machine.description(), machine.load_note(), sep="\n")
    set_up()
    with checked_out(options.against) as other, tempfile.NamedTemporaryFile() as work:
        pickle.dump(_requests(other), work)
        work.flush()
        sides = []
        for tree in (other, ROOT):
            command = [sys.executable, __file__, work.name]
            environment = clean_environment() | {"PYTHONPATH": str(tree), "DJANGO_SETTINGS_MODULE": "config.settings"}
            sides.append(
                subprocess.Popen(
                    command, cwd=tree, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
                )
            )
        rounds = [[_asked(side) for side in sides] for _ in range(options.rounds + 2)][2:]  # the first ones warm up
        for side in sides:
            side.communicate()
    rows, result = [], {}
    for kind in rounds[0][0]:
        before, now = ([pair[side][kind] for pair in rounds] for side in (0, 1))
        ratio = median([after / earlier for earlier, after in zip(before, now, strict=True)])
        rows.append((kind, f"{median(before):.1f}", f"{median(now):.1f}", f"{ratio:.2f}"))
        result[kind] = {"before": median(before), "now": median(now), "ratio": ratio}
    table.show(
        f"Reading a span, in µs of CPU: {options.against} and this tree", ("spans of", "before", "now", "ratio"), rows
    )
    table.write(options.json, result)


def _requests(other: Path) -> Requests:
    import gzip

    from benchmarks.payloads import Traffic
    from tests.wire.scenarios import HERE, SCENARIOS, name_of, requests

    made = Traffic(seed=5, now=time.time_ns()).requests(LARGE_REQUESTS, SPANS_OF_REQUEST)
    known = [scenario for scenario in SCENARIOS if (other / HERE.relative_to(ROOT) / name_of(scenario)).exists()]
    captured = [request for scenario in known for request in requests(scenario)]
    return {
        "made requests": [("traces", gzip.decompress(request.body), PROTOBUF) for request in made],
        "captured requests": [request for request in captured if request[0] == "traces"],
    }


def _asked(side: "subprocess.Popen[str]") -> dict[str, float]:
    assert side.stdin is not None
    assert side.stdout is not None
    side.stdin.write("round\n")
    side.stdin.flush()
    figures: dict[str, float] = json.loads(side.stdout.readline())
    return figures


def work() -> None:
    """Read all requests for each line of the input, and print the CPU that a span took, in microseconds."""
    import django

    django.setup()
    gc.freeze()  # as config/wsgi.py does
    gc.set_threshold(10_000, 20, 50)
    from tracing.limits.fitting import fit
    from tracing.vocabularies import translate
    from tracing.wire.otlp import decode_traces

    requests: Requests = pickle.loads(Path(sys.argv[1]).read_bytes())
    now = datetime.now(UTC)
    for _ in sys.stdin:
        figures: dict[str, float] = {}
        for kind, several in requests.items():
            spent, count = [0.0, 0.0, 0.0], 0
            for _, body, content_type in several:
                issues: list[Any] = []
                times = [time.process_time()]
                spans = list(decode_traces(body, content_type))
                times.append(time.process_time())
                records = [record for span in spans if (record := translate(span)) is not None]
                times.append(time.process_time())
                for record in records:
                    fit(record, issues, now)
                times.append(time.process_time())
                spent = [sum(pair) for pair in zip(spent, map(sub, times[1:], times), strict=True)]
                count += len(spans)
            costs = dict(zip(("decode", "translate", "fit"), spent, strict=True)) | {"all": sum(spent)}
            figures |= {f"{kind}: {step}": cost * 10**6 / count for step, cost in costs.items()}
        print(json.dumps(figures), flush=True)


if __name__ == "__main__":
    if __file__ == sys.argv[0] and len(sys.argv) == 2 and Path(sys.argv[1]).is_file():
        work()
    else:
        main()
