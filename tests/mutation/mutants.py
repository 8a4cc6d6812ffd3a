"""Small damages of a module's source, each of which a test should notice."""

import ast
import hashlib
import random
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

COMPARED: dict[type[ast.cmpop], str] = {
    ast.Lt: "<=",
    ast.LtE: "<",
    ast.Gt: ">=",
    ast.GtE: ">",
    ast.Eq: "!=",
    ast.NotEq: "==",
    ast.In: "not in",
    ast.NotIn: "in",
    ast.Is: "is not",
    ast.IsNot: "is",
}
COMPUTED: dict[type[ast.operator], str] = {
    ast.Add: "-",
    ast.Sub: "+",
    ast.Mult: "/",
    ast.Div: "*",
    ast.FloorDiv: "*",
    ast.Mod: "*",
    ast.BitAnd: "|",
    ast.BitOr: "&",
    ast.Pow: "*",
}
CALLED = {"min": "max", "max": "min", "any": "all", "all": "any"}
SQL = re.compile(r"\b(SELECT|INSERT INTO|UPDATE|DELETE FROM|array_agg|count\(|sum\(|min\(|max\()")
# A pin stays where it is and binds nothing, so that the parameters of the statement still fit.
IN_SQL: list[tuple[re.Pattern[str], str]] = [
    (re.compile(r"(?:\w+\.)?project_id = (?:%s|%\(\w+\)s|\w+\.project_id)"), r"(\g<0> OR true)"),
    (re.compile(r" FOR (?:NO KEY )?UPDATE"), ""),
    (re.compile(r"\bDISTINCT "), ""),
    (re.compile(r"\bUNION ALL\b"), "UNION"),
    (re.compile(r"\bsum\("), "max("),
    (re.compile(r"\bmin\("), "max("),
    (re.compile(r"\bmax\("), "min("),
    (re.compile(r"\bLEFT JOIN\b"), "JOIN"),
    (re.compile(r"\bNOT EXISTS\b"), "EXISTS"),
    (re.compile(r"\bIS NOT NULL\b"), "IS NULL"),
    (re.compile(r" DESC\b"), ""),
    (re.compile(r" FILTER \(WHERE [^()]*\)"), ""),
]


@dataclass(frozen=True)
class Mutant:
    """A module with one piece of its source replaced. Its id stays the same while lines around it move."""

    id: str
    module: str
    line: int
    start: int  # bytes of the source
    end: int
    before: str
    after: str

    def applied(self, source: bytes) -> bytes:
        return source[: self.start] + self.after.encode() + source[self.end :]

    @property
    def change(self) -> str:
        return f"{self.before} -> {self.after}" if len(self.before) < 200 else f"{self.before[:200]}... -> {self.after}"


@dataclass(frozen=True)
class _Damage:
    start: int
    end: int
    after: str
    place: str  # the function that it is in


def mutants_of(module: str, root: Path) -> list[Mutant]:
    """Every mutant of the module, in the order of its source."""
    source = (root / module).read_bytes()
    seen: Counter[str] = Counter()
    found = []
    for damage in sorted(_Finder(source).found, key=lambda damage: (damage.start, damage.end, damage.after)):
        before = source[damage.start : damage.end].decode()
        name = "\0".join((module, damage.place, before, damage.after))
        seen[name] += 1
        identity = hashlib.sha256(f"{name}\0{seen[name]}".encode()).hexdigest()[:12]
        line = source.count(b"\n", 0, damage.start) + 1
        found.append(Mutant(identity, module, line, damage.start, damage.end, before, damage.after))
    return found


def sample(mutants: dict[str, list[Mutant]], seed: int) -> Iterator[Mutant]:
    """Mutants by chance, one of each module in turn."""
    chance = random.Random(seed)
    waiting = []
    for module in sorted(mutants):
        waiting.append(chance.sample(mutants[module], len(mutants[module])))
    while waiting := [left for left in waiting if left]:
        chance.shuffle(waiting)
        for left in waiting:
            yield left.pop()


class _Finder(ast.NodeVisitor):
    """Collects the damages of a source. Annotations, docstrings and the texts of errors are left alone."""

    def __init__(self, source: bytes) -> None:
        self.source = source
        self.begins = [0]  # of each line, in bytes
        for line in source.splitlines(keepends=True):
            self.begins.append(self.begins[-1] + len(line))
        self.place: list[str] = []
        self.found: list[_Damage] = []
        self.visit(ast.parse(source))

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        self.place.append(node.name)
        for default in [*node.args.defaults, *node.args.kw_defaults]:
            if default is not None:
                self.visit(default)
        self._statements(node.body)
        self.place.pop()

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self.place.append(node.name)
        self._statements(node.body)
        self.place.pop()

    def visit_Module(self, node: ast.Module) -> None:
        self._statements(node.body)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self.visit(node.value)

    def visit_Raise(self, node: ast.Raise) -> None:
        self._damage(node, "pass")

    def visit_Expr(self, node: ast.Expr) -> None:
        if isinstance(node.value, ast.Call):
            self._damage(node, "pass")
            self.generic_visit(node)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        self._damage(node, "pass")
        self.visit(node.value)

    def visit_If(self, node: ast.If) -> None:
        self._damage(node.test, "False")
        self._damage(node.test, "True")
        self.generic_visit(node)

    def visit_Return(self, node: ast.Return) -> None:
        if node.value is not None:
            self.visit(node.value)

    def visit_Compare(self, node: ast.Compare) -> None:
        if len(node.ops) == 1:
            self._between(node.left, node.comparators[0], COMPARED[type(node.ops[0])])
        self.generic_visit(node)

    def visit_BoolOp(self, node: ast.BoolOp) -> None:
        other = "or" if isinstance(node.op, ast.And) else "and"
        for left, right in zip(node.values, node.values[1:], strict=False):
            self._between(left, right, other)
        self.generic_visit(node)

    def visit_BinOp(self, node: ast.BinOp) -> None:
        is_text = any(isinstance(side, ast.JoinedStr | ast.Constant) and not _is_number(side) for side in _sides(node))
        if not is_text and type(node.op) in COMPUTED:
            self._between(node.left, node.right, COMPUTED[type(node.op)])
        self.generic_visit(node)

    def visit_UnaryOp(self, node: ast.UnaryOp) -> None:
        if isinstance(node.op, ast.Not | ast.USub):
            self._damage(node, f"({self._text(node.operand)})")
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        if isinstance(node.func, ast.Name) and node.func.id in CALLED:
            self._damage(node.func, CALLED[node.func.id])
        self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> None:
        if isinstance(node.value, bool):
            self._damage(node, str(not node.value))
        elif isinstance(node.value, int | float):
            self._damage(node, f"{node.value + 1}")
        elif isinstance(node.value, str) and SQL.search(node.value):
            self._sql(node)

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        """Parts of formatted texts are for people."""

    def _statements(self, body: list[ast.stmt]) -> None:
        for statement in body:
            is_text = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
            if not is_text and not isinstance(statement, ast.Import | ast.ImportFrom):
                self.visit(statement)

    def _sql(self, node: ast.Constant) -> None:
        start, end = self._span(node)
        text = self.source[start:end].decode()
        for pattern, replacement in IN_SQL:
            for match in pattern.finditer(text):
                at = start + len(text[: match.start()].encode())
                after = match.expand(replacement)
                self.found.append(_Damage(at, at + len(match[0].encode()), after, ".".join(self.place)))

    def _between(self, left: ast.expr, right: ast.expr, after: str) -> None:
        """The operator, with what stands around it: brackets stay."""
        start, end = self._span(left)[1], self._span(right)[0]
        gap = self.source[start:end].decode()
        before = gap.strip(" ()\n")
        if before and "#" not in gap:
            at = start + gap.index(before)
            self.found.append(_Damage(at, at + len(before), after, ".".join(self.place)))

    def _damage(self, node: ast.expr | ast.stmt, after: str) -> None:
        start, end = self._span(node)
        self.found.append(_Damage(start, end, after, ".".join(self.place)))

    def _span(self, node: ast.expr | ast.stmt) -> tuple[int, int]:
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        return (
            self.begins[node.lineno - 1] + node.col_offset,
            self.begins[node.end_lineno - 1] + node.end_col_offset,
        )

    def _text(self, node: ast.expr) -> str:
        start, end = self._span(node)
        return self.source[start:end].decode()


def _sides(node: ast.BinOp) -> tuple[ast.expr, ast.expr]:
    return node.left, node.right


def _is_number(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, int | float)
