"""The query language: what is read, what is found, and how a faulty query is answered."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TypeVar
from zoneinfo import ZoneInfo

import pytest
from django.db import models
from django.http import QueryDict
from django.test import Client
from django.utils import timezone
from django.utils.http import urlencode
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from projects.models import Project
from sessions.listing.completing import options
from sessions.listing.listing import Listing
from sessions.models import Session, SessionScore, SessionState
from sessions.models.properties import Property, properties_of
from sessions.query.compiling import compiled
from sessions.query.fields import fields_of, session_fields
from sessions.query.grammar import QueryError
from sessions.query.parsing import MAX_QUERY_CHARACTERS, parse
from sessions.query.reference import document
from sessions.query.rewrite import holds, with_value, without_value
from sessions.query.words import QUERY_WORDS, QueryWord
from sessions.query.writing import write
from sessions.rollup.session_rows import recompute
from sessions.search.index import index
from tests.conftest import Key
from tests.sessions.rows import multiply, session
from tests.tracing.reports import at, call, failed, in_session, span
from tracing.ingest.pipeline import ingest
from tracing.models import Trace
from tracing.records import Kind

PIECES = st.sampled_from(
    ["cost", ">", "0.5", " ", "tag:vip", "-", "(", ")", "OR", "AND", "NOT", '"', "late delivery", '"late delivery"',
     "is:idle", "trace(", "span(", "all(", "any(", ",",
     "metadata.plan = pro", "score.x>=4", ":", "=", "!=", "\\", "*", "word",
     "pre*", "http://x", 'a."b c":d', "\n", "é", "配送", "..", "has:error", "$"]
)  # fmt: skip
TEXTS = st.lists(PIECES | st.text(max_size=4), max_size=14).map("".join)


T = TypeVar("T")


def refused(read: Callable[[], T]) -> tuple[T | None, QueryError | None]:
    try:
        return read(), None
    except QueryError as error:
        return None, error


@given(TEXTS)
def test_whatever_is_typed_is_read_or_refused_at_a_place(text: str) -> None:
    node, error = refused(lambda: parse(text))

    assert error is None or (0 <= error.position <= len(text) and error.hint)
    assert error or parse(write(node)) == node


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(TEXTS)
def test_whatever_can_be_read_is_followed_or_refused_at_a_place(project: Project, text: str) -> None:
    query, error = refused(lambda: compiled(text, project.pk))

    assert error is None or 0 <= error.position <= len(text)
    assert query is None or list(Session.objects.for_project(project).filter(query.condition)) == []


@pytest.mark.parametrize(
    ("text", "position", "reason", "hint"),
    [
        ("cost > cheap", 7, "not a number", "needs one"),
        ("tag:vip cosst > 1", 8, "no property “cosst”", "cost"),
        ("tokens > 1.5", 9, "whole number", "needs one"),
        ("duration > 5", 0, "", ""),
        ("duration > soon", 11, "length of time", "needs one"),
        ("created > someday", 10, "a day or a moment", "needs one"),
        ("tag > vip", 0, "knows no “>”", ":"),
        ("(tag:vip", 0, "never closed", ")"),
        ("tag:vip)", 7, "closes nothing", "Remove it"),
        ('"late', 0, "never closed", '"'),
        ("tag:", 4, "value is missing", '""'),
        ("a OR", 4, "condition is missing", "cost > 1"),
        ("has:wings", 4, "no thing to have", "error"),
        ("is:great", 3, "no state", "bookmarked"),
        ("is:bookmarked,great", 3, "“great”", "bookmarked"),
        ("has > error", 0, "knows no “>”", "has:error"),
        ("score > 1", 0, "needs its name", "score.helpfulness"),
        ("metadata.plan > pro", 16, "not a number", "order"),
        ("trace(refund)", 6, "whole sessions", "name:refund"),
        ("span(trace(cost > 1))", 5, "cannot stand", "side by side"),
        ("span(kind:magic)", 10, "one of span, generation", "needs one"),
        ("cost:only(1)", 5, "one value", "cost:1"),
        ("re*", 0, "at least 4 letters", ""),
        ("x" * (MAX_QUERY_CHARACTERS + 1), MAX_QUERY_CHARACTERS, "longer than", ""),
    ],
)
@pytest.mark.django_db
def test_a_faulty_query_says_where_why_and_what_to_do(text: str, position: int, reason: str, hint: str) -> None:
    if not reason:
        compiled(text, 1)
        return
    with pytest.raises(QueryError) as caught:
        compiled(text, 1)

    assert (caught.value.position, reason in caught.value.message, hint in caught.value.hint) == (position, True, True)


@pytest.fixture
def found(project: Project) -> Callable[[str], set[str]]:
    def ids(text: str) -> set[str]:
        listing = Listing(project, _params(q=text))
        assert not listing.errors, listing.errors
        return {row.session_id for row in listing.rows}

    return ids


def _params(**values: str) -> QueryDict:
    params = QueryDict(mutable=True)
    params.update(values)
    return params


Found = Callable[[str], set[str]]
DAY = at(0).date()


@pytest.fixture
def rows(project: Project, other_project: Project) -> None:
    session(project, "cheap", total_cost=Decimal("0.1"), tags=["vip"], environments=["staging"], total_tokens=10)
    session(
        project, "dear", minute=10, total_cost=Decimal("2"), tags=["vip", "eu"], environments=["production"],
        total_tokens=12_000, duration_ms=130_000, error_count=2, model_names=["gpt-4o"], first_input="Where is it?",
        usage_by_model={"gpt-4o": {}}, user_ids=["ann"],
    )  # fmt: skip
    session(project, "plain", minute=60 * 24 * -3, environments=["production", "staging"])
    session(other_project, "foreign", total_cost=Decimal("2"), tags=["vip"])


@pytest.mark.django_db
@pytest.mark.usefixtures("rows")
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", {"cheap", "dear", "plain"}),
        ("cost > 0.5", {"dear"}),
        ("cost >= 0.1", {"cheap", "dear"}),
        ("total_cost:0.1..1", {"cheap"}),
        ("cost:..0.1", {"cheap", "plain"}),
        ("cost = 0.1,2", {"cheap", "dear"}),
        ("cost != 2", {"cheap", "plain"}),
        ("tokens > 10k", {"dear"}),
        ("duration > 2m", {"dear"}),
        ("duration <= 1m", {"cheap", "plain"}),
        ("duration_ms = 130000", {"dear"}),
        ("tag:vip", {"cheap", "dear"}),
        ("tag:eu,fr", {"dear"}),
        ("tag:all(vip, eu)", {"dear"}),
        ("tag:only(vip)", {"cheap"}),
        ("-tag:eu", {"cheap", "plain"}),
        ("-has:tag", {"plain"}),
        ("env:staging -env:production", {"cheap"}),
        ("tag:vip (env:staging OR model:gpt-4o)", {"cheap", "dear"}),
        ("has:error", {"dear"}),
        ("NOT has:error", {"cheap", "plain"}),
        ("usage:gpt-4o", {"dear"}),
        ("user:ann", {"dear"}),
        ('input:"where IS"', {"dear"}),
        ('input = "Where is it?"', {"dear"}),
        ("id:dear", {"dear"}),
        (f"created = {DAY}", {"cheap", "dear"}),
        (f"created < {DAY}", {"plain"}),
        (f"created > {DAY}", set()),
        (f"created:{DAY - timedelta(days=4)}..{DAY - timedelta(days=1)}", {"plain"}),
        ("updated > -10d", {"cheap", "dear", "plain"}),
    ],
)
def test_a_query_finds(found: Found, text: str, expected: set[str]) -> None:
    assert found(text) == expected


@pytest.mark.django_db
@pytest.mark.usefixtures("rows")
def test_scores_bookmarks_and_notes_are_asked_for(project: Project, found: Found) -> None:
    SessionScore.objects.create(
        project_id=project.pk, session_id="dear", name="helpfulness", count=2, mean=Decimal("4.5")
    )
    SessionScore.objects.create(
        project_id=project.pk, session_id="cheap", name="outcome", count=1, shares={"solved": 1}
    )
    SessionScore.objects.create(project_id=project.pk, session_id="plain", name="helpfulness", count=0)  # can't tell
    SessionState.objects.create(project_id=project.pk, session_id="dear", is_bookmarked=True, note="Look again.")

    assert found("score.helpfulness >= 4") == {"dear"}
    assert found("score.helpfulness < 4") == set()
    assert found("score.outcome:solved") == {"cheap"}
    assert found("score.outcome != solved") == {"dear", "plain"}
    assert found("has:score") == {"cheap", "dear"}
    assert found("is:bookmarked") == found("has:note") == {"dear"}
    assert found("-is:bookmarked cost > 0") == found("is != bookmarked cost > 0") == {"cheap"}


@pytest.mark.parametrize("word", QUERY_WORDS, ids=lambda word: f"{word.name}:{word.value}")
@pytest.mark.usefixtures("rows")
def test_every_word_is_followed_suggested_and_documented(project: Project, word: QueryWord) -> None:
    text = f"{word.name}:{word.value}"
    assert f"| `{text}` | {word.meaning} |" in document()
    assert word.meaning.endswith(".")
    for scope in word.scopes:
        opening, closing = ("", "") if scope == "session" else (f"{scope}(", ")")
        listing = Listing(project, QueryDict(urlencode({"q": f"{opening}{text}{closing}"})))
        assert (listing.rows is not None, listing.errors) == (True, {})
        begun = f"{opening}{word.name}:{word.value[0]}"
        assert word.value in {option.label for option in options(project, begun, len(begun))}


@pytest.fixture
def told(project: Project, other_project: Project) -> None:
    """Two sessions through the whole path, with traces, spans and words."""
    for number, (name, plan, seats) in enumerate([("a", "pro", 5), ("b", "free", "many")]):
        claims = in_session(name, metadata={"plan": plan, "seats": seats, "user": {"level": number}})
        times = {"started_at": at(number), "ended_at": at(number + 8)}
        ingest(
            project.pk,
            [
                span(
                    f"t{name}", "root", name=f"turn-{name}", input="A late delivery", output="Sorry",
                    claims=claims, **times,
                ),
                call(f"t{name}", "call", "root", **times),
                *([failed(f"t{name}", "tool", "root", name="search", kind=Kind.TOOL)] if name == "a" else []),
            ],
        )  # fmt: skip
    ingest(
        other_project.pk, [span("x", "root", input="A late delivery", claims=in_session("c", metadata={"plan": "pro"}))]
    )
    recompute(project.pk, ["a", "b"])
    recompute(other_project.pk, ["c"])
    index(project.pk, ["ta", "tb"])


@pytest.mark.django_db
@pytest.mark.usefixtures("told")
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("metadata.plan = pro", {"a"}),
        ("metadata.plan != pro", {"b"}),
        ("metadata.seats = 5", {"a"}),
        ("metadata.seats > 4", {"a"}),
        ("metadata.user.level = 1", {"b"}),
        ("has:metadata.plan", {"a", "b"}),
        ("trace(errors > 0)", {"a"}),
        ("trace(name:turn-b)", {"b"}),
        ("trace(duration > 5s metadata.plan = free)", {"b"}),
        ("span(kind:tool name:search)", {"a"}),
        ("span(kind:tool) OR span(model:gpt-4o)", {"a", "b"}),
        ("-span(level:error)", {"b"}),
        ("trace(span(kind:generation duration > 5s) name:turn-a)", {"a"}),
        ("tool:search", {"a"}),
        ('"late delivery"', {"a", "b"}),
        ("late tool:search", {"a"}),
        ("tool:search -late", set()),
        ("nothing OR metadata.plan = pro", {"a"}),
    ],
)
def test_a_query_looks_into_traces_spans_and_words(found: Found, text: str, expected: set[str]) -> None:
    assert found(text) == expected


@pytest.mark.django_db
@pytest.mark.usefixtures("told")
def test_what_was_found_by_words_can_be_sorted_by_relevance(project: Project) -> None:
    listing = Listing(project, _params(q="late metadata.plan = pro", sort="relevance"))

    assert [row.session_id for row in listing.rows] == ["a"]
    assert [term.text for term in listing.terms] == ["late"]
    assert "sort" in Listing(project, _params(q="tool:search", sort="relevance")).errors


@pytest.mark.django_db
def test_a_session_is_in_every_time_that_it_was_going_on_in(project: Project) -> None:
    session(project, "long", created_at=at(0), updated_at=at(3600))
    session(
        project, "old", created_at=timezone.now() - timedelta(days=40), updated_at=timezone.now() - timedelta(days=35)
    )

    def ids(**params: str) -> set[str]:
        listing = Listing(project, _params(**params))
        assert not listing.errors
        return {row.session_id for row in listing.rows}

    half = (at(1800)).isoformat()
    assert ids(**{"from": half, "to": half}) == {"long"}
    assert ids(to=(at(-1)).isoformat()) == {"old"}
    assert ids(range="30d") == {"long"}
    assert ids(range="all") == {"long", "old"}
    assert ids(**{"from": str(DAY), "to": str(DAY)}) == {"long"}


@pytest.mark.django_db
def test_a_day_is_meant_in_the_zone_of_the_reader(project: Project) -> None:
    session(
        project,
        "late",
        created_at=datetime(2026, 3, 1, 20, tzinfo=UTC),
        updated_at=datetime(2026, 3, 1, 21, tzinfo=UTC),
    )

    with timezone.override(ZoneInfo("Asia/Tokyo")):
        assert Listing(project, _params(**{"from": "2026-03-02", "to": "2026-03-02"})).rows
        assert Listing(project, _params(q="created = 2026-03-02")).rows
    assert not Listing(project, _params(**{"from": "2026-03-02", "to": "2026-03-02"})).rows


@pytest.mark.django_db
@pytest.mark.parametrize(
    "params",
    [{"range": "1y"}, {"from": "never"}, {"range": "7d", "to": "today"}, {"from": "today", "to": "2020-01-01"}],
)
def test_a_time_that_cannot_be_followed_is_named(project: Project, params: dict[str, str]) -> None:
    assert set(Listing(project, _params(**params)).errors) & {"range", "from", "to"}


@pytest.mark.django_db
def test_the_api_answers_a_faulty_query_with_its_place(client: Client, key: Key) -> None:
    answer = client.get("/api/v1/sessions", {"q": "cost > cheap"}, headers={"Authorization": key.basic})

    assert answer.status_code == 400
    assert "character 8" in answer.json()["errors"]["q"][0]


@pytest.mark.parametrize("declared", properties_of(Session).values(), ids=lambda declared: declared.name)
def test_every_declared_property_is_a_field_of_the_language(declared: Property) -> None:
    field = fields_of("session")[declared.name]

    assert field.help == declared.help
    assert field.operators
    assert isinstance(field.db_field, models.Field)


def test_no_name_stands_for_two_properties() -> None:
    names = [name for field in session_fields() for name in (field.name, *field.aliases)]

    assert len(names) == len(set(names))


def test_links_add_and_take_away_one_condition() -> None:
    text = with_value("cost > 1", "tag", "very important")

    assert text == 'cost > 1 tag:"very important"'
    assert holds(text, "tag", "very important")
    assert with_value(text, "tag", "very important") == text
    assert with_value(text, "tag", "very important", is_negated=True) == 'cost > 1 -tag:"very important"'
    assert without_value(text, "tag", "very important") == "cost > 1"
    assert with_value("a OR b", "tag", "x") == "(a OR b) tag:x"


@pytest.mark.django_db
def test_metadata_that_few_traces_have_is_found_by_its_index(project: Project) -> None:
    ingest(project.pk, [span("t", "root", claims=in_session("s", metadata={"plan": "pro"}))])
    times = dict.fromkeys(("received_at", "updated_at", "started_at", "ended_at"), at(0))
    other = Trace.objects.create(
        project_id=project.pk, trace_id="t0", session_id="s0", metadata={"plan": "p0"}, bucket=at(0).date(), **times
    )
    of_session = "'s' || n"
    multiply(other, 2_999, trace_id="'t' || n", session_id=of_session, metadata="jsonb_build_object('plan', 'p' || n)")
    multiply(session(project, "s0"), 2_999, session_id=of_session)
    plan = Session.objects.for_project(project).filter(compiled("metadata.plan = pro", project.pk).condition).explain()

    assert "trace_metadata" in plan
    assert "Seq Scan on trace" not in plan
