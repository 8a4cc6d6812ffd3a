"""Damages the core modules one line at a time, and tells which damages no test notices.

    python -m tests.mutation --count 100 --seed 7      tries 100 mutants that nobody has tried; goes on where it stopped
    python -m tests.mutation --seed 7 --again          tries those of the seed again that survived
    python -m tests.mutation --seed 7 --report         says how many of the seed's mutants were killed
    python -m tests.mutation --equivalent ID "reason"  calls a mutant equivalent

The judgements are kept in tests/mutation/ledger.jsonl. The exit code is 1 when too few mutants were killed.
"""

import argparse
import sys
from dataclasses import replace
from itertools import islice

from tests.mutation import ledger
from tests.mutation.ledger import MIN_KILLED, Judgement, Verdict
from tests.mutation.mutants import Mutant, mutants_of, sample
from tests.mutation.running import ROOT, workshop
from tests.mutation.table import TESTS


def main() -> None:
    asked = arguments()
    judged = ledger.read()
    if asked.equivalent:
        identity, reason = asked.equivalent
        ledger.add(replace(judged[identity], verdict=Verdict.EQUIVALENT, detail=reason))
        return
    mutants = {module: mutants_of(module, ROOT) for module in TESTS if asked.module in (None, module)}
    if not asked.report:
        try_out(chosen(asked, mutants, judged), asked.seed)
    of_seed = [judgement for judgement in ledger.read().values() if judgement.seed == asked.seed]
    share = ledger.share_killed(of_seed)
    print(ledger.table(of_seed))
    for judgement in of_seed:
        if judgement.verdict == Verdict.SURVIVED:
            print(f"survived: {judgement.id} {judgement.module}:{judgement.line} {judgement.change}")
    print(f"{share:.1%} of {len(of_seed)} killed, equivalent ones aside")
    sys.exit(share < MIN_KILLED)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=100, help="how many mutants of the seed shall be judged in all")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--module", choices=sorted(TESTS), help="mutants of this module alone")
    parser.add_argument("--again", action="store_true")
    parser.add_argument("--report", action="store_true")
    parser.add_argument("--equivalent", nargs=2, metavar=("ID", "REASON"))
    return parser.parse_args()


def chosen(asked: argparse.Namespace, mutants: dict[str, list[Mutant]], judged: dict[str, Judgement]) -> list[Mutant]:
    """The mutants that are to be tried now."""
    of_seed = {identity for identity, judgement in judged.items() if judgement.seed == asked.seed}
    if asked.again:
        alive = {identity for identity in of_seed if judged[identity].verdict == Verdict.SURVIVED}
        return [mutant for found in mutants.values() for mutant in found if mutant.id in alive]
    fresh = (mutant for mutant in sample(mutants, asked.seed) if mutant.id not in judged)
    return list(islice(fresh, max(0, asked.count - len(of_seed))))


def try_out(mutants: list[Mutant], seed: int) -> None:
    """Try the mutants one after the other, and write down how it went."""
    if not mutants:
        return
    with workshop() as shop:
        for number, mutant in enumerate(mutants, 1):
            killer = shop.killer(mutant, TESTS[mutant.module])
            verdict = Verdict.SURVIVED if killer is None else Verdict.KILLED
            ledger.add(Judgement(seed, mutant.id, mutant.module, mutant.line, mutant.change, verdict, killer or ""))
            print(f"{number}/{len(mutants)} {verdict} {mutant.module}:{mutant.line} {mutant.change}", flush=True)


if __name__ == "__main__":
    main()
