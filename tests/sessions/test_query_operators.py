"""Each operator on each kind of property, at its borders, against three rows that differ in it."""

from datetime import timedelta

import pytest

from projects.models import Project
from sessions.models import Session
from sessions.query.compiling import compiled
from sessions.query.grammar import QueryError
from sessions.query.values import as_of
from sessions.rollup.session_rows import recompute
from tests.sessions.rows import session
from tests.tracing.reports import at, call, failed, in_session, span, usd
from tracing.ingest.pipeline import ingest
from tracing.records import Kind
from tracing.token_usage import Usage

pytestmark = pytest.mark.django_db


def found(project: Project, text: str) -> str:
    rows = Session.objects.for_project(project).filter(compiled(text, project.pk).condition)
    return "".join(sorted(rows.values_list("session_id", flat=True)))


@pytest.fixture
def three(project: Project) -> Project:
    """Sessions a, b and c of one trace each: once, twice and three times of everything."""
    for number, name in enumerate("abc", start=1):
        start = 60 * number
        claims = in_session(
            name, user_id=f"user-{name}", environment=f"env-{name}", release=f"r{number}", version=f"v{number}",
            name=f"Turn {name}", tags=["x", "y", "z"][:number],
        )  # fmt: skip
        reports = [
            call(
                name, "call", usage=Usage(10 * number, number, 11 * number), model=f"model-{name}",
                provider=f"provider-{name}", name=f"Call {name}", total_cost=usd(str(number)), claims=claims,
                output="done", input=f"Text {name}", started_at=at(start),
                ended_at=at(start + number), completion_started_at=at(start + number / 2),
            ),
            *(
                failed(name, f"f{n}", name="tool", kind=Kind.TOOL, started_at=at(start), ended_at=at(start))
                for n in range(1, number)
            ),
        ]  # fmt: skip
        ingest(project.pk, reports)
    recompute(project.pk, list("abc"))
    return project


COMPARISONS = {  # of the low, the middle and the high value
    "{p} < {m}": "a", "{p} <= {m}": "ab", "{p} = {m}": "b", "{p}:{m}": "b", "{p} != {m}": "ac", "{p} >= {m}": "bc",
    "{p} > {m}": "c", "{p}:{m}..{h}": "bc", "{p}:..{m}": "ab", "{p} = {m}..": "bc", "{p}:{l},{h}": "ac",
    "{p} != {l},{h}": "b", "{p} != {l}..{m}": "c", "{p} < {l}": "", "{p} > {h}": "", "-({p} > {m})": "ab",
}  # fmt: skip


def instants(offset: float = 0, step: float = 0) -> tuple[str, ...]:
    return tuple(at(60 * n + offset + step * n).isoformat() for n in (1, 2, 3))


PROPERTIES = {
    "": {
        "cost": ("1", "2", "3"), "COST": ("$1", "2.0", "3"), "tokens": ("11", "22", "33"),
        "input_tokens": ("10", "20", "30"), "errors": ("0", "1", "2"), "spans": ("1", "2", "3"),
        "duration": ("1s", "2s", "3s"), "duration_ms": ("1000", "2000", "3s"), "active": ("1s", "2000ms", "3s"),
        "created": instants(), "updated": instants(step=1),
    },
    "trace": {
        "cost": ("1", "2", "3"), "tokens": ("11", "22", "33"), "errors": ("0", "1", "2"), "spans": ("1", "2", "3"),
        "duration": ("1s", "2s", "3s"), "started": instants(),
    },
    "span": {
        "cost": ("1", "2", "3"), "input_tokens": ("10", "20", "30"), "output_tokens": ("1", "2", "3"),
        "tokens": ("11", "22", "33"), "duration": ("1s", "2s", "3s"), "ttft": ("500ms", "1s", "1.5s"),
        "started": instants(),
    },
}  # fmt: skip


@pytest.mark.parametrize("scope", PROPERTIES)
def test_what_has_an_order_is_compared_at_its_borders(three: Project, scope: str) -> None:
    for name, (low, middle, high) in PROPERTIES[scope].items():
        for comparison, expected in COMPARISONS.items():
            text = comparison.format(p=name, l=low, m=middle, h=high)
            whole = f"{scope}({text} {'kind:generation' if scope == 'span' else ''})" if scope else text
            assert (whole, found(three, whole)) == (whole, expected)


TEXTS = {
    "id:b": "b", "id = a,c": "ac", "id != b": "ac", "id:B": "", "user:user-b": "b", "user:user": "",
    "env:env-a,env-b": "ab", "input:TEXT": "abc", 'input:"text b"': "b", 'input = "text b"': "",
    'input = "Text b"': "b", 'input != "Text b"': "ac", "input:%": "", "input:_ext": "",
    "trace(id:b)": "b", "trace(name:turn)": "abc", 'trace(name = "Turn b")': "b", "trace(name = turn)": "",
    "trace(user:user-a)": "a", "trace(env:env-b)": "b", "trace(release != r2)": "ac", "trace(version:v1,v3)": "ac",
    "span(id:f2)": "c", "span(name:CALL)": "abc", "span(model:model-c)": "c", "span(model:model)": "",
    "span(provider:provider-a)": "a", "span(kind:tool)": "bc", "span(kind:TOOL,agent)": "bc", "span(level:error)": "bc",
    "span(kind:tool level:default)": "", "-span(kind:tool)": "a", "span(kind != tool)": "abc",
}  # fmt: skip
SETS = {
    "tag:y": "bc", "tag = y": "bc", "tag != y": "a", "tag:x,z": "abc", "tag:any(y,z)": "bc", "tag:all(x,y)": "bc",
    "tag:all(x,y,z)": "c", "tag:only(x)": "a", "tag:only(x,y)": "ab", "tag != all(x,y)": "a", "tag:Y": "",
    "model:model-a,model-b": "ab", "tool:tool": "bc", "-tool:tool": "a", "model:all(model-a,model-b)": "",
}  # fmt: skip


def test_a_text_is_contained_or_equal_and_an_id_is_equal(three: Project) -> None:
    for text, expected in TEXTS.items():
        assert (text, found(three, text)) == (text, expected)


def test_a_set_holds_any_all_or_only(three: Project) -> None:
    for text, expected in SETS.items():
        for whole in (text, f"trace({text})"):
            assert (whole, found(three, whole)) == (whole, expected)


def test_only_is_not_true_of_an_empty_set(project: Project) -> None:
    session(project, "e")
    session(project, "f", tags=["x"])
    assert found(project, "tag:only(x)") == "f"
    assert found(project, "tag != only(x)") == "e"


def test_all_conditions_of_a_bracket_hold_of_the_same_trace_and_span(project: Project) -> None:
    for name, cost, tool in (("p", "1", "x"), ("q", "3", "y")):
        claims = in_session("s", name=name)
        step = span(name, "t", name=tool, kind=Kind.TOOL)
        ingest(project.pk, [call(name, "c", total_cost=usd(cost), claims=claims), step])
    recompute(project.pk, ["s"])

    for text, expected in (
        ("trace(name:p cost > 2)", ""), ("trace(name:p) trace(cost > 2)", "s"), ("trace(name:q cost > 2)", "s"),
        ("span(kind:tool cost > 2)", ""), ("span(kind:tool) span(cost > 2)", "s"),
        ("trace(name:p span(name:y))", ""), ("trace(name:q span(name:y))", "s"), ("trace(name:p OR cost > 9)", "s"),
        ("trace(-name:p -name:q)", ""), ("trace(-name:p)", "s"),
    ):  # fmt: skip
        assert (text, found(project, text)) == (text, expected)


def test_a_day_is_every_instant_of_it_and_no_other(project: Project) -> None:
    midnight = at(12 * 3600)
    session(project, "a", created_at=midnight - timedelta(microseconds=1))
    session(project, "b", created_at=midnight)
    session(project, "c", created_at=midnight + timedelta(days=1))
    day = midnight.date().isoformat()
    for text, expected in (
        (f"created:{day}", "b"), (f"created != {day}", "ac"), (f"created < {day}", "a"), (f"created <= {day}", "ab"),
        (f"created > {day}", "c"), (f"created >= {day}", "bc"), (f"created:{day}..{day}", "b"),
        (f"created:..{day}", "ab"), (f"created:{day}..", "bc"),
    ):  # fmt: skip
        assert (text, found(project, text)) == (text, expected)
    with as_of(midnight + timedelta(hours=1)):
        assert found(project, "created >= -1h") == "bc"
        assert found(project, "created:today") == "b"
        assert found(project, "created > now") == "c"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("tokens = 1.5", "whole number"), ("tokens > 99999999999999999999", "billion billions"),
        ("spans > 3000000000", "can hold"), ("cost > 1s", "a number"), ("cost:1..x", "a number"),
        ("duration < 5x", "length"), ("created:2026-13-01", "a day"), ("cost > 1,2", "takes one value"),
        ("tag:x tag > 1", "knows no"), ("cost:any(1)", ""), ("cost:all(1)", "one value"), ("usage:only(x)", "only("),
        ("trace(kost > 1)", "of a trace"), ("span(level:fatal)", "debug, default, warning, error"),
        ("cost.x > 1", "“cost.x”"), ("trace(trace(cost > 1))", "cannot stand"),
        ("span(span(cost > 1))", "cannot stand"),
    ],
)  # fmt: skip
def test_what_cannot_be_compared_is_refused_with_its_reason(project: Project, text: str, reason: str) -> None:
    if not reason:
        assert found(project, text) == ""
        return
    with pytest.raises(QueryError) as refused:
        compiled(text, project.pk)
    assert reason in str(refused.value)
