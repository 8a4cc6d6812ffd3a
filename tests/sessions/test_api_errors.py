"""What /api/v1 says to a request that cannot be followed: the parameter by its name, and what to do instead."""

from typing import Any

import pytest
from django.test import Client

from projects.models import Project
from tests.conftest import Key
from tests.sessions.rows import session
from tests.tracing.reports import call, in_session
from tracing.ingest.pipeline import ingest

pytestmark = pytest.mark.django_db

# Path, parameters, the one that is wrong, and what the reason says.
REFUSED: list[tuple[str, dict[str, str], str, str]] = [
    ("sessions", {"usr": "1"}, "usr", "There is no such parameter."),
    ("sessions", {"limit": "0"}, "limit", "1 to 100"),
    ("sessions", {"limit": "101"}, "limit", "1 to 100"),
    ("sessions", {"limit": "ten"}, "limit", "1 to 100"),
    ("sessions", {"sort": "colour"}, "sort", "total_cost"),
    ("sessions", {"cursor": "x"}, "cursor", "cursor"),
    ("sessions", {"total_cost__gte": "lots"}, "total_cost__gte", "Enter a number."),
    ("sessions", {"created_at__gte": "soon"}, "created_at__gte", "Enter a valid date/time."),
    ("sessions", {"q": "colour:red"}, "q", "colour"),
    ("sessions", {"sort": "-score.nothing"}, "sort", "nothing"),
    ("sessions/s", {"traces_limit": "501"}, "traces_limit", "1 to 500"),
    ("sessions/s", {"traces_cursor": "x"}, "traces_cursor", "cursor"),
    ("sessions/s", {"limit": "1"}, "limit", "There is no such parameter."),
    ("traces/t", {"spans_limit": "0"}, "spans_limit", "1 to 500"),
    ("traces/t", {"spans_cursor": "x"}, "spans_cursor", "cursor"),
    ("traces/t", {"sort": "name"}, "sort", "There is no such parameter."),
    ("scores", {"limit": "501"}, "limit", "1 to 500"),
    ("scores", {"cursor": "x"}, "cursor", "cursor"),
    ("scores", {"user_id": "ana"}, "user_id", "There is no such parameter."),
    ("comments", {"limit": "-1"}, "limit", "1 to 500"),
    ("comments", {"content": "x"}, "content", "There is no such parameter."),
    ("export", {"format": "xml"}, "format", "csv"),
    ("export", {"format": "csv", "limit": "0"}, "limit", "a whole number above 0"),
    ("export", {"format": "csv", "after": "nobody"}, "after", "session"),
    ("export", {"format": "csv", "colour": "red"}, "colour", "There is no such parameter."),
]


@pytest.fixture
def ask(client: Client, key: Key, project: Project) -> Any:
    ingest(project.pk, [call("t", "a", claims=in_session("s"))])
    session(project, "s")

    def asked(path: str, **params: Any) -> Any:
        return client.get(f"/api/v1/{path}", params, headers={"Authorization": key.bearer})

    return asked


@pytest.mark.parametrize(("path", "params", "name", "reason"), REFUSED)
def test_a_refusal_names_the_parameter_and_the_way_out(
    ask: Any, path: str, params: dict[str, str], name: str, reason: str
) -> None:
    answer = ask(path, **params)
    body = answer.json()

    assert answer.status_code == 400
    assert body["detail"] == "Some parameters cannot be followed."
    assert list(body["errors"]) == [name]
    assert reason in " ".join(body["errors"][name])
    assert "data" not in body


def test_every_wrong_parameter_is_named_at_once(ask: Any) -> None:
    errors = ask("sessions", total_cost__gte="lots", usr="1", limit="no", sort="tags").json()["errors"]

    assert set(errors) == {"total_cost__gte", "usr", "limit", "sort"}
    assert all(reasons and all(reasons) for reasons in errors.values())


def test_the_example_of_the_documentation_is_answered_as_written(ask: Any) -> None:
    assert ask("sessions", total_cost__gte="lots", usr="1").json() == {
        "detail": "Some parameters cannot be followed.",
        "errors": {"usr": ["There is no such parameter."], "total_cost__gte": ["Enter a number."]},
    }


@pytest.mark.parametrize("path", ["sessions/nobody", "traces/none", "scores/none", "score-configs/none", "colours"])
def test_what_is_not_there_says_so_and_nothing_else(ask: Any, path: str) -> None:
    answer = ask(path)

    assert answer.status_code == 404
    assert list(answer.json()) == ["detail"]
    assert answer.json()["detail"].endswith(".")
