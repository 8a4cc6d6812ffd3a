"""What is known of each mutant: one line of JSON for each judgement, of which the last one counts."""

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path

PATH = Path(__file__).with_name("ledger.jsonl")
MIN_KILLED = 0.95


class Verdict(StrEnum):
    """How it went with a mutant."""

    KILLED = "killed"
    SURVIVED = "survived"
    EQUIVALENT = "equivalent"  # no test of behaviour can tell it from the source; says why


@dataclass(frozen=True)
class Judgement:
    """The verdict on a mutant. `detail` is the test that killed it, or why it is equivalent."""

    seed: int
    id: str
    module: str
    line: int
    change: str
    verdict: Verdict
    detail: str = ""


def read(path: Path = PATH) -> dict[str, Judgement]:
    """The last judgement of each mutant, by id."""
    lines = path.read_text().splitlines() if path.exists() else []
    judged = (json.loads(line) for line in lines)
    return {fields["id"]: Judgement(**fields | {"verdict": Verdict(fields["verdict"])}) for fields in judged}


def add(judgement: Judgement, path: Path = PATH) -> None:
    """Append the judgement to the ledger."""
    with path.open("a") as ledger:
        ledger.write(json.dumps(asdict(judgement), ensure_ascii=False) + "\n")


def share_killed(judged: Iterable[Judgement]) -> float:
    """How many of those that are not equivalent were killed, as a share of one."""
    counts = Counter(judgement.verdict for judgement in judged)
    alive, killed = counts[Verdict.SURVIVED], counts[Verdict.KILLED]
    return killed / (killed + alive) if killed + alive else 1.0


def table(judged: Iterable[Judgement]) -> str:
    """A line for each module: killed, survived, equivalent."""
    counts: dict[str, Counter[Verdict]] = {}
    for judgement in judged:
        counts.setdefault(judgement.module, Counter())[judgement.verdict] += 1
    lines = [f"{'module':<36}" + "".join(f"{verdict:>12}" for verdict in Verdict)]
    for module, of in sorted(counts.items()):
        lines.append(f"{module:<36}" + "".join(f"{of[verdict]:>12}" for verdict in Verdict))
    return "\n".join(lines)
