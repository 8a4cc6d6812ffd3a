"""The tool itself: its table, its damages and its ledger."""

import ast
from pathlib import Path

from tests.mutation import ledger
from tests.mutation.ledger import Judgement, Verdict
from tests.mutation.mutants import mutants_of, sample
from tests.mutation.running import ROOT
from tests.mutation.table import TESTS

SOURCE = '''"""A docstring: SELECT 1."""
LIMIT = 3
PINNED = "SELECT DISTINCT a FROM t WHERE t.project_id = %(project)s FOR UPDATE"


def work(items: list[int], is_on: bool = True) -> int:
    if items and not is_on:
        raise ValueError(f"{LIMIT + 1} items")
    items.append(min(1, 2))
    return (items[0]) < LIMIT
'''


def changes(path: Path) -> set[str]:
    return {mutant.change for mutant in mutants_of(path.name, path.parent)}


def test_each_kind_of_damage_is_found_once_and_none_breaks_the_syntax(tmp_path: Path) -> None:
    path = tmp_path / "module.py"
    path.write_text(SOURCE)
    found = mutants_of(path.name, tmp_path)

    assert {
        "3 -> 4",
        "t.project_id = %(project)s -> (t.project_id = %(project)s OR true)",
        " FOR UPDATE -> ",
        "DISTINCT  -> ",
        "True -> False",
        "and -> or",
        "not is_on -> (is_on)",
        "items and not is_on -> False",
        "items.append(min(1, 2)) -> pass",
        "min -> max",
        "< -> <=",
    } <= changes(path)
    assert not [change for change in changes(path) if "docstring" in change or change.startswith("1 items")]
    assert len({mutant.id for mutant in found}) == len(found)
    for mutant in found:
        ast.parse(mutant.applied(SOURCE.encode()))


def test_a_mutant_keeps_its_id_while_other_lines_move(tmp_path: Path) -> None:
    path = tmp_path / "module.py"
    path.write_text(SOURCE)
    before = {mutant.id for mutant in mutants_of(path.name, tmp_path)}
    path.write_text(SOURCE.replace("LIMIT = 3", "OTHER = None\n\n\nLIMIT = 3"))

    assert {mutant.id for mutant in mutants_of(path.name, tmp_path)} == before


def test_a_seed_takes_one_mutant_of_each_module_in_turn() -> None:
    mutants = {module: mutants_of(module, ROOT) for module in TESTS}
    first = [mutant for mutant, _ in zip(sample(mutants, 7), TESTS, strict=False)]

    assert {mutant.module for mutant in first} == {module for module in TESTS if mutants[module]}
    assert [mutant.id for mutant in first] == [m.id for m, _ in zip(sample(mutants, 7), TESTS, strict=False)]
    assert [mutant.id for mutant in first] != [m.id for m, _ in zip(sample(mutants, 8), TESTS, strict=False)]


def test_every_module_of_the_table_and_every_test_is_there() -> None:
    assert [path for module, tests in TESTS.items() for path in (module, *tests) if not (ROOT / path).exists()] == []


def test_the_last_judgement_of_a_mutant_counts(tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    for id_, verdict in (("a", "survived"), ("b", "killed"), ("a", "killed"), ("c", "survived"), ("d", "equivalent")):
        ledger.add(Judgement(1, id_, "m.py", 1, "x -> y", Verdict(verdict)), path)
    judged = ledger.read(path)

    assert {id_: judgement.verdict for id_, judgement in judged.items()} == {
        "a": Verdict.KILLED,
        "b": Verdict.KILLED,
        "c": Verdict.SURVIVED,
        "d": Verdict.EQUIVALENT,
    }
    assert ledger.share_killed(judged.values()) == 2 / 3


def test_whatever_is_called_equivalent_has_a_reason() -> None:
    judged = ledger.read().values()

    assert [
        judgement.id for judgement in judged if judgement.verdict == Verdict.EQUIVALENT and not judgement.detail
    ] == []
