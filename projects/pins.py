"""Whether each part of a statement that names a tenant table pins `project_id`, as a parser of SQL sees it.

A table is pinned by an equality that holds for every row: `project_id` with a parameter or literal, or with the
`project_id` of a table that is pinned in the same SELECT, UPDATE, DELETE or INSERT. Each of these is looked at by
itself, common table expressions and sub-selects too: a distributed database sends a statement to one node only if each
part names its project. Rows of common table expressions, sub-selects and functions are as pinned as the tables that
they read.
"""

import re
from collections.abc import Iterator
from functools import lru_cache

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

COLUMN = "project_id"
PARAMETER = re.compile(r"%(?:\(\w+\))?[sbt]")
EXPLAIN = re.compile(r"^\s*EXPLAIN\s*(?:\([^)]*\)\s*|(?:ANALYZE\s+|VERBOSE\s+)*)", re.IGNORECASE)
VALUES = (exp.Placeholder, exp.Parameter, exp.Literal)
QUERIES = (exp.Select, exp.Update, exp.Delete, exp.Insert)


class UnreadableStatement(Exception):
    """The parser does not know such a statement."""


def unpinned(sql: str, tenant_tables: frozenset[str]) -> list[str]:
    """Return the tenant tables that some part reads or changes unpinned. Raises UnreadableStatement."""
    return sorted({name for tree in _trees(sql) for name in _Statement(tree, tenant_tables).unpinned()})


def looked_up_by_row(sql: str, tenant_tables: frozenset[str]) -> list[str]:
    """Return the tables of no tenant that a sub-select reads for each row of a tenant. Raises UnreadableStatement.

    They are on another node than the row. A sub-select that depends on no row is run first, and its result is sent."""
    return sorted({name for tree in _trees(sql) for name in _Statement(tree, tenant_tables).looked_up_by_row()})


@lru_cache(1)
def _trees(sql: str) -> list[exp.Expr]:
    text = PARAMETER.sub(":p", EXPLAIN.sub("", sql)).replace("%%", "%")
    try:
        trees = [tree for tree in sqlglot.parse(text, dialect="postgres") if tree is not None]
    except SqlglotError as error:
        raise UnreadableStatement(str(error)) from error
    if any(isinstance(tree, exp.Command) for tree in trees):
        raise UnreadableStatement("only its first word is understood")
    return trees


class _Statement:
    """One parsed statement."""

    def __init__(self, tree: exp.Expr, tenant_tables: frozenset[str]) -> None:
        self.tree = tree
        self.tenant_tables = tenant_tables
        ctes = list(tree.find_all(exp.CTE))
        self.cte_names = {cte.alias for cte in ctes}
        self.are_ctes_ours = all(self._is_ours(cte) for cte in ctes)

    def unpinned(self) -> Iterator[str]:
        # A common table expression of that name would hide the table from us.
        yield from sorted(self.cte_names & self.tenant_tables)
        met: set[int] = set()
        for query in self.tree.find_all(*QUERIES):
            sources = dict(self._sources(query))
            met |= {id(source) for source in sources.values()}
            pinned = self._pinned(query, sources)
            for alias, source in sources.items():
                if self._is_tenants(source) and alias not in pinned:
                    yield source.name
        for table in self.tree.find_all(exp.Table):
            if self._is_tenants(table) and id(table) not in met:
                yield table.name

    def looked_up_by_row(self) -> Iterator[str]:
        for query in self.tree.find_all(exp.Select):
            known = {table.alias_or_name for table in query.find_all(exp.Table, exp.Subquery)}
            outer = {column.table for column in query.find_all(exp.Column) if column.table} - known
            if any(self._is_tenants(table) and table.alias_or_name in outer for table in self.tree.find_all(exp.Table)):
                yield from (table.name for table in query.find_all(exp.Table) if self._is_of_no_tenant(table))

    def _is_of_no_tenant(self, table: exp.Table) -> bool:
        return isinstance(table.this, exp.Identifier) and table.name not in self.tenant_tables | self.cte_names

    def _sources(self, query: exp.Expr) -> Iterator[tuple[str, exp.Expr]]:
        """Yield what the query reads from and changes, with the name that qualifies its columns."""
        if isinstance(query, exp.Insert):
            target = query.this.this if isinstance(query.this, exp.Schema) else query.this
            yield target.alias_or_name, target
            return
        roots = [] if isinstance(query, exp.Select) else [query.this]
        if origin := query.args.get("from_"):
            roots.append(origin.this)
        roots += query.args.get("using") or []
        waiting = [*roots, *(join.this for join in query.args.get("joins") or [])]
        while waiting:
            source = waiting.pop()
            waiting += [join.this for join in source.args.get("joins") or []]
            if isinstance(source, exp.Paren):
                waiting.append(source.this)
            else:
                yield source.alias_or_name, source

    def _pinned(self, query: exp.Expr, sources: dict[str, exp.Expr]) -> set[str]:
        """Return the names of the sources that are pinned."""
        if isinstance(query, exp.Insert):
            return set(sources) if _names_the_project(query) else set()
        pinned = {alias for alias, source in sources.items() if self._is_derived(source)}
        edges = list(self._edges(query, sources))
        while found := {alias for alias, other in edges if other is None or other in pinned} - pinned:
            pinned |= found
        return pinned

    def _edges(self, query: exp.Expr, sources: dict[str, exp.Expr]) -> Iterator[tuple[str, str | None]]:
        """Pairs of a source and the one that pins it: None for a value, and for what is around the query."""
        where = query.args.get("where")
        yield from self._equalities(where.this if where else None, sources)
        for join in _joins(query):
            right = join.this.alias_or_name
            side = join.side
            for alias, other in self._equalities(join.args.get("on"), sources):
                # An outer join keeps the rows of its other side, whatever its condition says.
                if not side or (side == "LEFT" and alias == right) or (side == "RIGHT" and alias != right):
                    yield alias, other
            if any(name.name == COLUMN for name in join.args.get("using") or []) and side in ("", "LEFT"):
                for other in set(sources) - {right}:
                    yield right, other
                    if not side:
                        yield other, right

    def _equalities(self, condition: exp.Expr | None, sources: dict[str, exp.Expr]) -> Iterator[tuple[str, str | None]]:
        for left, right in _equal_pairs(condition):
            for column, other in ((left, right), (right, left)):
                alias = self._project_of(column, sources)
                if alias is None or alias not in sources:
                    continue
                if _is_value(other):
                    yield alias, None
                elif (pin := self._project_of(other, sources)) in sources and pin != alias:
                    yield alias, pin

    def _project_of(self, node: exp.Expr, sources: dict[str, exp.Expr]) -> str | None:
        """Return the name of the source whose `project_id` this is, or "" for one of an outer query."""
        if not isinstance(node, exp.Column) or node.name != COLUMN:
            return None
        if node.table:
            return node.table
        own = [alias for alias, source in sources.items() if not self._is_derived(source)]
        return own[0] if len(own) == 1 else ("" if not own else None)

    def _is_tenants(self, source: exp.Expr) -> bool:
        return isinstance(source, exp.Table) and source.name in self.tenant_tables

    def _is_derived(self, source: exp.Expr) -> bool:
        """Whether its rows come out of parameters and tables that are looked at by themselves."""
        if isinstance(source, exp.Table) and isinstance(source.this, exp.Identifier):
            return source.name in self.cte_names and self.are_ctes_ours
        reads_ctes = any(table.name in self.cte_names for table in source.find_all(exp.Table))
        return self._is_ours(source) and (self.are_ctes_ours or not reads_ctes)

    def _is_ours(self, node: exp.Expr) -> bool:
        """Whether no table is read in it but those of tenants: others hold the ids of many projects."""
        return not any(self._is_of_no_tenant(table) for table in node.find_all(exp.Table))


def _names_the_project(insert: exp.Insert) -> bool:
    columns = insert.this.expressions if isinstance(insert.this, exp.Schema) else []
    conflict = insert.args.get("conflict")
    keys = [key.find(exp.Column) for key in conflict.args.get("conflict_keys") or []] if conflict else []
    is_keyed = not keys or any(key is not None and key.name == COLUMN for key in keys)
    return is_keyed and any(column.name == COLUMN for column in columns)


def _joins(query: exp.Expr) -> Iterator[exp.Join]:
    """Yield the joins of the query itself, without those in its sub-selects."""
    waiting = [query, *(query.args.get("using") or [])]
    if not isinstance(query, exp.Select):
        waiting.append(query.this)
    if origin := query.args.get("from_"):
        waiting.append(origin.this)
    while waiting:
        for join in waiting.pop().args.get("joins") or []:
            yield join
            waiting.append(join.this)


def _equal_pairs(condition: exp.Expr | None) -> Iterator[tuple[exp.Expr, exp.Expr]]:
    """Yield pairs that must be equal for the condition to hold."""
    condition = condition.unnest() if condition is not None else None
    if isinstance(condition, exp.And):
        yield from _equal_pairs(condition.left)
        yield from _equal_pairs(condition.right)
    elif isinstance(condition, exp.EQ):
        left, right = condition.left.unnest(), condition.right.unnest()
        if isinstance(left, exp.Tuple) and isinstance(right, exp.Tuple):
            yield from zip(_unnested(left), _unnested(right), strict=False)
        else:
            yield left, right
    elif isinstance(condition, exp.In) and len(condition.expressions) == 1:
        yield condition.this.unnest(), condition.expressions[0].unnest()


def _unnested(node: exp.Tuple) -> list[exp.Expr]:
    return [part.unnest() for part in node.expressions]


def _is_value(node: exp.Expr) -> bool:
    while isinstance(node, exp.Cast | exp.Neg):
        node = node.this.unnest()
    return isinstance(node, VALUES)
