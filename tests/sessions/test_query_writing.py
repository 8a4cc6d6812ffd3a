"""What `write` makes of the parts of a query is read back as the same parts, whatever texts they hold."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from sessions.query import values
from sessions.query.grammar import (
    All,
    Either,
    FieldComparison,
    Nested,
    Node,
    Not,
    Operator,
    QueryError,
    SetChoice,
    TextRange,
    Word,
)
from sessions.query.parsing import MAX_QUERY_CHARACTERS, MAX_QUERY_DEPTH, MOST_PARTS, parse
from sessions.query.values import NoValue
from sessions.query.writing import quoted, write

SIGNS = st.text(st.sampled_from('ab-*:=<>!"\\()., \nORé$/'), max_size=6) | st.sampled_from(
    [
        "OR",
        "AND",
        "NOT",
        "any",
        "all(",
        "only",
        "trace(",
        "span(x)",
        "-",
        "--",
        "*",
        "a*",
        "http://x",
        "cost>1",
        "=",
        "",
    ]
)
NAMES = st.sampled_from(["cost", "tag", "metadata", "Cost", "_x1", "trace", "any"])
WORDS = SIGNS.map(lambda text: Word(text, is_phrase=True))
COMPARISONS = st.builds(
    FieldComparison,
    name=NAMES,
    operator=st.sampled_from(Operator),
    values=st.lists(SIGNS, min_size=1, max_size=3).map(tuple),
    key=SIGNS.filter(bool) | st.just(""),
    choice=st.sampled_from(SetChoice),
)


def _grown(parts: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    several = st.lists(parts, min_size=2, max_size=3).map(tuple)
    return (
        st.builds(All, several)
        | st.builds(Either, several)
        | st.builds(Not, parts)
        | st.builds(Nested, st.sampled_from(["trace", "span"]), parts)
    )


NODES: st.SearchStrategy[Node] = st.recursive(WORDS | COMPARISONS, _grown, max_leaves=6)


@settings(max_examples=100)
@given(NODES)
def test_what_is_written_is_read_back(node: Node) -> None:
    assert parse(write(node)) == node


@pytest.mark.parametrize(
    ("text", "node"),
    [
        ("", None),
        ("late", Word("late")),
        ("late*", Word("late", is_prefix=True)),
        ("*", Word("*")),
        ('"late delivery"', Word("late delivery", is_phrase=True)),
        ("a b", All((Word("a"), Word("b")))),
        ("a OR b c", Either((Word("a"), All((Word("b"), Word("c")))))),
        ("(a OR b) c", All((Either((Word("a"), Word("b"))), Word("c")))),
        ("-a", Not(Word("a"))),
        ("-(a b)", Not(All((Word("a"), Word("b"))))),
        ("tag:vip", FieldComparison("tag", Operator.HAS, ("vip",))),
        ("cost >= 5", FieldComparison("cost", Operator.AT_LEAST, ("5",))),
        ("tag:all(a,b)", FieldComparison("tag", Operator.HAS, ("a", "b"), choice=SetChoice.ALL)),
        ('tag:"any"', FieldComparison("tag", Operator.HAS, ("any",))),
        ('tag:"=x"', FieldComparison("tag", Operator.HAS, ("=x",))),
        ("metadata.plan = pro", FieldComparison("metadata", Operator.IS, ("pro",), key="plan")),
        ('metadata."a b" = pro', FieldComparison("metadata", Operator.IS, ("pro",), key="a b")),
        ("trace(errors > 0)", Nested("trace", FieldComparison("errors", Operator.ABOVE, ("0",)))),
    ],
)
def test_a_query_has_one_spelling_of_ours(text: str, node: Node | None) -> None:
    assert parse(text) == node
    assert write(node) == text


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("a AND b", "a b"), ("NOT a", "-a"), ("NOT NOT a", "--a"), ("( a )", "a"), ("cost>5", "cost > 5"),
        ("cost:>5", "cost > 5"), ("cost:>=5", "cost >= 5"), ("cost   =5", "cost = 5"), ("tag:ANY( a , b )", "tag:a,b"),
        ("TRACE( cost>1 )", "trace(cost > 1)"), ('tag:"vip"', "tag:vip"), ('"a\\"b"', '"a\\"b"'), ("\n a\tb ", "a b"),
        ("a - b", "a - b"), ("http://x", "http://x"),
    ],
)  # fmt: skip
def test_other_spellings_mean_the_same(text: str, same: str) -> None:
    assert write(parse(text)) == same
    assert parse(text) == parse(same)


def test_every_part_knows_its_place() -> None:
    node = parse('late  cost >= 5,6  trace(tag:"a b")')
    assert isinstance(node, All)
    word, cost, trace = node.parts
    assert isinstance(word, Word)
    assert isinstance(cost, FieldComparison)
    assert isinstance(trace, Nested)
    assert isinstance(trace.inside, FieldComparison)
    assert word.place == TextRange(0, 4)
    assert (cost.place, cost.value_place) == (TextRange(6, 17), TextRange(14, 17))
    assert trace.place == TextRange(19, 35)
    assert (trace.inside.place, trace.inside.value_place) == (TextRange(25, 34), TextRange(29, 34))


@pytest.mark.parametrize(
    ("whole", "longer"),
    [
        ("x" * MAX_QUERY_CHARACTERS, "x" * (MAX_QUERY_CHARACTERS + 1)),
        (" ".join("x" * MOST_PARTS), " ".join("x" * (MOST_PARTS + 1))),
        ("tag:" + ",".join("x" * (MOST_PARTS - 1)), "tag:" + ",".join("x" * MOST_PARTS)),
        ("(" * MAX_QUERY_DEPTH + "x" + ")" * MAX_QUERY_DEPTH, "(" * 21 + "x" + ")" * 21),
        ("-" * MAX_QUERY_DEPTH + "x", "-" * (MAX_QUERY_DEPTH + 1) + "x"),
        ("(x) " * 30, "(x) " * 31),  # a bracket counts as a part, and is closed again
    ],
)
def test_a_query_at_its_limits_is_read_and_one_more_is_not(whole: str, longer: str) -> None:
    assert parse(whole) is not None
    with pytest.raises(QueryError):
        parse(longer)


def test_an_error_points_and_helps() -> None:
    error = QueryError("It is late.", TextRange(4, 4), "Hurry.")
    assert (str(error), error.position, error.length) == ("It is late. (at character 5) Hurry.", 4, 1)
    assert str(QueryError("It is late.", TextRange(0, 3))) == "It is late. (at character 1)"
    assert QueryError("", TextRange(2, 9)).length == 7
    assert [quoted(text) for text in ("a", "a b", "ANY", "")] == ["a", '"a b"', '"ANY"', '""']


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0.5", "0.5"), ("1_200", "1200"), ("10k", "10000"), ("1.5M", "1500000"), ("$2", "2"), ("-$2.5K", "-2500"),
        (".5", "0.5"), ("5.", "5"), ("1_000_000_000_000m", "1e18"),
        ("1_000_000_000_001m", None), ("", None), ("k", None), ("1e3", None), ("٣", None), ("+1", None), ("1,5", None),
    ],
)  # fmt: skip
def test_a_number_is_read_exactly_or_not_at_all(text: str, value: str | None) -> None:
    if value is None:
        with pytest.raises(NoValue):
            values.number(text)
    else:
        assert values.number(text) == Decimal(value)


@pytest.mark.parametrize(
    ("text", "milliseconds"),
    [
        ("0s", 0), ("380ms", 380), ("5s", 5_000), ("2m10s", 130_000), ("1.5h", 5_400_000), ("1d", 86_400_000),
        ("2w", 1_209_600_000), ("36500d", 3_153_600_000_000), ("36500d1ms", None), ("5", None), ("5 s", None),
        ("s", None), ("-5s", None), ("5x", None), ("9" * 15 + "w", None),
    ],
)  # fmt: skip
def test_a_length_adds_its_parts_up(text: str, milliseconds: int | None) -> None:
    if milliseconds is None:
        with pytest.raises(NoValue):
            values.length(text)
    else:
        assert values.milliseconds(text) == milliseconds
        assert values.length(text) == timedelta(milliseconds=milliseconds)


NOW = datetime(2026, 3, 29, 10, tzinfo=UTC)  # in Lisbon the clocks went from 1 to 2 o'clock on this morning
MIDNIGHT = datetime(2026, 3, 29, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "start", "length"),
    [
        ("now", NOW, timedelta(0)), ("-7d", NOW - timedelta(days=7), timedelta(0)),
        ("90m", NOW - timedelta(minutes=90), timedelta(0)), ("today", MIDNIGHT, timedelta(hours=23)),
        ("2026-03-29", MIDNIGHT, timedelta(hours=23)), ("Yesterday", MIDNIGHT - timedelta(days=1), timedelta(days=1)),
        ("2026-03-29T12:00", NOW + timedelta(hours=1), timedelta(0)), ("2026-03-29T10:00Z", NOW, timedelta(0)),
        ("2026-03-29T10:00+02:00", NOW - timedelta(hours=2), timedelta(0)),
        ("1899-12-31", None, None), ("3000-01-01", None, None), ("2026-02-29", None, None), ("soon", None, None),
        ("2999-12-31T00:00Z", datetime(2999, 12, 31, tzinfo=UTC), timedelta(0)), ("", None, None),
    ],
)  # fmt: skip
def test_a_moment_is_a_day_of_the_readers_zone_or_an_instant(
    text: str, start: datetime | None, length: timedelta | None
) -> None:
    with values.as_of(NOW), timezone.override(ZoneInfo("Europe/Lisbon")):
        if start is None:
            with pytest.raises(NoValue):
                values.moment(text)
        else:
            found = values.moment(text)
            assert (found.start, found.end.astimezone(UTC) - found.start.astimezone(UTC)) == (start, length)
