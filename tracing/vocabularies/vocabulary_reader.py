"""Reads a span by the tables of several vocabularies as one. Spans with the same keys are read by one plan."""

from collections.abc import Callable, Mapping, Sequence
from operator import itemgetter
from typing import Any, NamedTuple

from projects.values import remembered
from tracing.records import RawSpan
from tracing.vocabularies.endings import keys_of_texts
from tracing.vocabularies.identity import endings
from tracing.vocabularies.speech import says_nothing
from tracing.vocabularies.tables import (
    COLLECTED,
    GATHERED,
    NUMBER_TARGETS,
    TEXTS,
    USAGE_FIELD_BY_TARGET,
    AttributeReadings,
    AttributeTable,
    Events,
    Excerpt,
    Reader,
    Together,
    Vocabulary,
)
from tracing.vocabularies.unread import unread_numbers

MAX_PLANS = 2_000  # an ordinary project has some dozens of sets of keys
MAX_PLAN_CHARACTERS = 8_000  # of keys
NUMERIC_TARGETS = NUMBER_TARGETS | {"service_tier"}  # which the same objects hold


class Rule(NamedTuple):
    """One row of a table. Rows that are read together share a rank."""

    rank: int
    field: str
    read: Reader
    is_text: bool
    is_plain: bool  # neither a text nor gathered nor a number of tokens
    together: bool = False
    name: str = ""  # of the value among those that are read together


class ReadingStep(NamedTuple):
    """Reading one value, or several together."""

    rank: int
    field: str
    read: Reader
    is_plain: bool
    tokens: str | None  # which number of the usage it is
    is_of_resource: bool
    keys: tuple[str, ...]
    names: tuple[str, ...] | None  # of the values that are read together
    values_in: Callable[[Mapping[str, Any]], Any]  # the value in attributes, or those that are read together


class ReadingPlan(NamedTuple):
    """How to read spans with the same keys."""

    steps: list[ReadingStep]  # most important first
    texts: frozenset[str]  # keys that may hold a text
    numbers: tuple[str, ...]  # keys that hold numbers alone
    objects: frozenset[str]  # those of them that only look like the name of an object with numbers
    ending: tuple[tuple[str, str], ...]  # keys that end like that of a text, each with its side


RANK: Callable[[ReadingStep], int] = itemgetter(0)


class VocabularyReader:
    """The tables of several vocabularies as one."""

    def __init__(self, vocabularies: Sequence[Vocabulary]) -> None:
        self.rank = 0
        self.exact: dict[str, list[Rule]] = {}
        self.families: dict[str, list[Rule]] = {}
        self.by_ending: dict[str, list[Rule]] = {}
        self.of_resource: dict[str, list[Rule]] = {}
        for vocabulary in vocabularies:
            self._add(vocabulary.table, self.exact)
            self._add(vocabulary.endings, self.by_ending)
            self._add(vocabulary.resource, self.of_resource)
        self.prefixes = sorted((prefix + "." for prefix in self.families), key=len, reverse=True)
        self.events = [item for vocabulary in vocabularies for item in vocabulary.events.items()]
        self.rules = remembered(characters=200, texts=20_000)(self._rules)  # a project has some hundreds of keys
        self.plans: dict[tuple[tuple[str, ...], tuple[str, ...]], ReadingPlan] = {}
        self.resource_readings: tuple[Any, dict[int, Any]] = None, {}  # of the last resource, which many spans share

    def _add(self, table: AttributeTable, exact: dict[str, list[Rule]]) -> None:
        for name, rows in table.items():
            shared: dict[Together, int] = {}
            for key, reader in rows.items():
                self.rank += 1
                prefix = key.removesuffix(".*")
                rules = (exact if prefix == key else self.families).setdefault(prefix, [])
                if any(known.field == name for known in rules):
                    continue  # an earlier vocabulary reads this key differently
                nature = name in TEXTS, name not in COLLECTED
                if isinstance(reader, Together):
                    rules.append(Rule(shared.setdefault(reader, self.rank), name, reader.read, *nature, True, key))
                else:
                    rules.append(Rule(self.rank, name, reader, *nature))

    def _rules(self, key: str) -> tuple[Rule, ...]:
        """Return the rows for an attribute key: its own, or those of its longest prefix and of its ending."""
        if (own := self.exact.get(key)) is not None:
            return tuple(own)
        guessed = next((self.by_ending[ending] for ending in endings(key) if ending in self.by_ending), ())
        for prefix in self.prefixes:
            if key.startswith(prefix):
                name = key[len(prefix) :]
                return (*(rule._replace(name=name) for rule in self.families[prefix[:-1]]), *guessed)
        return tuple(guessed)

    def find(self, span: RawSpan) -> AttributeReadings:
        """Read the attributes of a span."""
        attributes, resource = span.attributes, span.resource
        steps, texts, numbers, objects, ending = self._plan(attributes, resource)
        found = AttributeReadings(texts=set(texts), ending=ending)
        if numbers:
            found.unread = unread_numbers(attributes, numbers, objects)
        said, usage = found.said, found.usage
        for step in steps:
            _, name, read_value, is_plain, tokens, is_of_resource, keys, names, values_in = step
            if name in said:
                continue
            try:
                if is_of_resource:
                    read = self._of_resource(step, resource)
                elif names is None:
                    read = read_value(values_in(attributes))
                else:
                    read = read_value(dict(zip(names, values_in(attributes), strict=True)))
            except RecursionError:  # nested too deeply: it stays a raw attribute
                continue
            if read is None:
                continue
            if is_plain:
                said[name] = read
            elif tokens is not None:
                usage.setdefault(tokens, read)
            else:
                _note(found, name, read, () if is_of_resource else keys)
        if span.events:
            self._ask_events(span.events, found)
        return found

    def _of_resource(self, step: ReadingStep, resource: Mapping[str, Any]) -> Any:
        """Return a value of the resource, which is read once for the spans in a row that share it."""
        of, known = self.resource_readings
        if of is not resource:
            known = {}
            self.resource_readings = resource, known
        if step.rank not in known:
            values = step.values_in(resource)
            known[step.rank] = step.read(values if step.names is None else dict(zip(step.names, values, strict=True)))
        return known[step.rank]

    def _ask_events(self, events: Events, found: AttributeReadings) -> None:
        for name, read_events in self.events:
            if name not in found.said and (read := read_events(events)) is not None:
                if name in COLLECTED:
                    _note(found, name, read, ())
                else:
                    found.said[name] = read

    def _plan(self, attributes: Mapping[str, Any], resource: Mapping[str, Any]) -> ReadingPlan:
        """Return how to read a span with these keys."""
        keys = tuple(attributes), tuple(resource)
        plan = self.plans.get(keys)
        if plan is None:
            plan = self._planned(*keys)
            if sum(map(len, keys[0])) + sum(map(len, keys[1])) <= MAX_PLAN_CHARACTERS:
                if len(self.plans) >= MAX_PLANS:
                    self.plans.clear()
                self.plans[keys] = plan
        return plan

    def _planned(self, keys: Sequence[str], resource_keys: Sequence[str]) -> ReadingPlan:
        found: list[tuple[Rule, bool, dict[str, str]]] = []
        together: dict[int, dict[str, str]] = {}
        for key in keys:
            for rule in self.rules(key):
                _join(found, together, rule, key, is_of_resource=False)
        for key, own in self.of_resource.items():
            for rule in own if key in resource_keys else ():
                _join(found, together, rule, key, is_of_resource=True)
        steps = [_step(*several) for several in found]
        texts = (key for rule, is_of_resource, by_name in found if rule.is_text for key in by_name.values())
        others = {key for rule, _, by_name in found if rule.field not in NUMERIC_TARGETS for key in by_name.values()}
        of_numbers = (several for several in found if several[0].field in NUMBER_TARGETS and not several[1])
        numbers = {key for _, _, by_name in of_numbers for key in by_name.values()}
        held = {key for rule, _, by_name in found if rule.field == "usage" for key in by_name.values()}
        return ReadingPlan(
            *(sorted(steps, key=RANK), frozenset(texts), tuple(sorted(numbers - others))),
            *(frozenset(held - self.exact.keys()), keys_of_texts(keys)),
        )


def _join(
    found: list[tuple[Rule, bool, dict[str, str]]],
    together: dict[int, dict[str, str]],
    rule: Rule,
    key: str,
    *,
    is_of_resource: bool,
) -> None:
    """Add the reading of a key, or add the key to the others that its row is read with."""
    by_name = together.get(rule.rank) if rule.together else None
    if by_name is None:
        by_name = {}
        found.append((rule, is_of_resource, by_name))
        if rule.together:
            together[rule.rank] = by_name
    by_name[rule.name] = key


def _step(rule: Rule, is_of_resource: bool, by_name: Mapping[str, str]) -> ReadingStep:
    names = tuple(by_name) if rule.together else None
    tokens = USAGE_FIELD_BY_TARGET.get(rule.field)
    keys = tuple(by_name.values())
    alone = names is not None and len(keys) == 1
    values_in = (lambda values: (values[keys[0]],)) if alone else itemgetter(*keys)
    return ReadingStep(rule.rank, rule.field, rule.read, rule.is_plain, tokens, is_of_resource, keys, names, values_in)


def _note(found: AttributeReadings, name: str, read: Any, keys: Sequence[str]) -> None:
    if name in GATHERED:
        found.gathered.setdefault(name, []).append(read)
    elif name in USAGE_FIELD_BY_TARGET:
        found.usage.setdefault(USAGE_FIELD_BY_TARGET[name], read)
    elif name == "usage":
        for part, tokens in read.items():
            found.usage.setdefault(part, tokens)
    elif says_nothing(text := str(read)):
        found.silent.setdefault(name, text)
    else:
        found.said[name] = text
        if not isinstance(read, Excerpt):
            found.taken.update(keys)
        elif read.held is not None:
            found.taken.update(key for key in keys if key.startswith(read.held))
