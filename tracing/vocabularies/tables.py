"""A vocabulary is a literal table from record fields to attribute keys. All tables become one look-up.

Every attribute of a span is looked up once, whatever the number of vocabularies. If several keys have a value for one
field, the first one wins, in the order of VOCABULARIES and of the rows in a table. A few fields collect the values of
all keys."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from functools import lru_cache
from operator import itemgetter
from typing import Any, NamedTuple, Self

from tracing.records import Claims, RawSpan, SpanRecord, Usage
from tracing.vocabularies.identity import endings
from tracing.vocabularies.speech import says_nothing

Reader = Callable[[Any], Any]
Events = Sequence[Mapping[str, Any]]


@dataclass(frozen=True, eq=False)
class Together:
    """A reader of several keys at once.

    It gets {name: value}. The name is the key or, for `prefix.*`, the rest of the key."""

    read: Callable[[dict[str, Any]], Any]


AttributeTable = Mapping[str, Mapping[str, Reader | Together]]
TEXTS = frozenset({"input", "output", "claims.input", "claims.output"})
USAGE_FIELD_BY_TARGET = {f"usage.{f.name}": f.name for f in fields(Usage)}
GATHERED = frozenset(
    {"claims.session_id", "claims.user_id", "claims.tags", "claims.metadata", "metadata", "model_parameters"}
)
COLLECTED = TEXTS | GATHERED | {"usage", *USAGE_FIELD_BY_TARGET}
# Targets of a table beside the fields of a record: `metadata` is kept raw, `failure` is the message of a
# failed span that has no other, `likely_session_id` and `likely_user_id` are the last resort, `likely_model` applies
# only to model calls, and `withhold` asks not to store something.
FIELDS = frozenset(
    {f.name for f in fields(SpanRecord)}
    | {f"claims.{f.name}" for f in fields(Claims)}
    | {*USAGE_FIELD_BY_TARGET, "metadata", "failure", "likely_session_id", "likely_user_id", "likely_model"}
    | {"withhold"}
)
MAX_CACHED_KEY_CHARACTERS = 200
MAX_CACHED_KEYS = 20_000  # an ordinary project has some hundreds of attribute keys


@dataclass(frozen=True)
class Vocabulary:
    """One dialect.

    `endings` is a table for keys that no other table knows, by how they end, as `plain_name` of identity.py writes it.
    `resource` is a table of the resource's attributes. `events` are read for fields that no attribute has. With
    `scopes`, only spans of these instrumentations use the dialect."""

    title: str
    table: AttributeTable
    endings: AttributeTable = field(default_factory=dict)
    resource: AttributeTable = field(default_factory=dict)
    events: Mapping[str, Callable[[Events], Any]] = field(default_factory=dict)
    scopes: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        if unknown := {*self.table, *self.endings, *self.resource, *self.events} - FIELDS:
            raise ValueError(f"{self.title}: no such field: {', '.join(sorted(unknown))}")


class Rule(NamedTuple):
    """One row of a table. Rows that are read together share a rank."""

    rank: int
    field: str
    read: Reader
    is_text: bool
    is_plain: bool  # neither a text nor gathered nor a number of tokens
    together: bool = False
    name: str = ""  # of the value among those that are read together


class Excerpt(str):
    """A text that is only a part of its attributes. They are kept as well, except for those under `held`."""

    held: str | None = None

    @classmethod
    def of(cls, text: str, held: str) -> Self:
        excerpt = cls(text)
        excerpt.held = held
        return excerpt


@dataclass(slots=True)
class AttributeReadings:
    """Values that were read from a span's attributes."""

    said: dict[str, Any] = field(default_factory=dict)
    gathered: dict[str, list[Any]] = field(default_factory=dict)
    usage: dict[str, int] = field(default_factory=dict)
    texts: set[str] = field(default_factory=set)  # keys that may hold a text
    taken: set[str] = field(default_factory=set)  # those whose whole text is in the record
    silent: dict[str, str] = field(default_factory=dict)  # placeholders, for texts that nothing else has


Candidate = tuple[int, Rule, Any, Any]  # rank, row, value or values, and their keys
RANK: Callable[[Candidate], int] = itemgetter(0)


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
        self.rules = lru_cache(MAX_CACHED_KEYS)(self._rules)

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
        found = AttributeReadings()
        said = found.said
        for _, rule, value, keys in self._candidates(span):
            if rule.is_text:
                found.texts.update(keys)
            if rule.field in said:
                continue
            try:
                read = rule.read(value)
            except RecursionError:  # nested too deeply: it stays a raw attribute
                continue
            if read is None:
                continue
            if rule.is_plain:
                said[rule.field] = read
            else:
                _note(found, rule.field, read, keys)
        if span.events:
            self._ask_events(span.events, found)
        return found

    def _ask_events(self, events: Events, found: AttributeReadings) -> None:
        for name, read_events in self.events:
            if name not in found.said and (read := read_events(events)) is not None:
                if name in COLLECTED:
                    _note(found, name, read, ())
                else:
                    found.said[name] = read

    def _candidates(self, span: RawSpan) -> list[Candidate]:
        """Return every value that some row reads, most important first."""
        candidates: list[Candidate] = []
        together: dict[int, Candidate] = {}
        rules, resource = self.rules, span.resource
        for key, value in span.attributes.items():
            for rule in rules(key) if len(key) <= MAX_CACHED_KEY_CHARACTERS else self._rules(key):
                if rule.together:
                    _join(together, candidates, rule, key, value)
                else:
                    candidates.append((rule.rank, rule, value, (key,)))
        for key, own in self.of_resource.items():
            if key in resource:
                for rule in own:
                    if rule.together:
                        _join(together, candidates, rule, key, resource[key])
                    else:
                        candidates.append((rule.rank, rule, resource[key], ()))
        candidates.sort(key=RANK)
        return candidates


def _join(together: dict[int, Candidate], candidates: list[Candidate], rule: Rule, key: str, value: Any) -> None:
    """Add a value to the others that its row is read with."""
    group = together.get(rule.rank)
    if group is None:
        together[rule.rank] = group = (rule.rank, rule, {}, [])
        candidates.append(group)
    group[2][rule.name] = value
    group[3].append(key)


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
