"""What /api/v1 says to a request that cannot be followed: the parameter by its name, and what to do instead."""

import re
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from projects.models import Project
from projects.problems import PROBLEMS
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
    assert body["detail"] == "Invalid parameters."
    assert list(body["errors"]) == [name]
    assert reason in " ".join(body["errors"][name])
    assert "data" not in body


def test_every_wrong_parameter_is_named_at_once(ask: Any) -> None:
    errors = ask("sessions", total_cost__gte="lots", usr="1", limit="no", sort="tags").json()["errors"]

    assert set(errors) == {"total_cost__gte", "usr", "limit", "sort"}
    assert all(reasons and all(reasons) for reasons in errors.values())


def test_the_example_of_the_documentation_is_answered_as_written(ask: Any) -> None:
    assert ask("sessions", total_cost__gte="lots", usr="1").json() == {
        "type": "urn:confab:problem:invalid_parameters",
        "title": "Invalid parameters.",
        "status": 400,
        "code": "invalid_parameters",
        "detail": "Invalid parameters.",
        "errors": {"usr": ["There is no such parameter."], "total_cost__gte": ["Enter a number."]},
    }


@pytest.mark.parametrize("path", ["sessions/nobody", "traces/none", "scores/none", "score-configs/none", "colours"])
def test_what_is_not_there_says_so_and_nothing_else(ask: Any, path: str) -> None:
    answer = ask(path)

    assert answer.status_code == 404
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json() == {
        "type": "urn:confab:problem:not_found",
        "title": "Not found.",
        "status": 404,
        "code": "not_found",
        "detail": answer.json()["detail"],
    }
    assert answer.json()["detail"].endswith(".")


def test_the_documentation_lists_every_code() -> None:
    page = (settings.BASE_DIR / "docs" / "api.md").read_text()
    rows = re.findall(r"^\| `(\w+)` \| (\d{3}) \|", page, re.MULTILINE)
    assert {code: int(status) for code, status in rows} == {code: kind.status for code, kind in PROBLEMS.items()}


def test_a_failure_outside_of_a_view_is_a_problem_too(client: Client, key: Key) -> None:
    long = client.post("/api/v1/comments", b"x" * 3_000_000, "application/json", headers={"Authorization": key.bearer})
    assert (long.status_code, long["Content-Type"]) == (413, "application/problem+json")
    assert long.json()["code"] == "body_too_large"


def test_a_fault_of_ours_is_a_problem_with_the_id_of_the_request(
    client: Client, key: Key, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sessions.api.v1.me.use_of", lambda project: 1 / 0)
    client.raise_request_exception = False
    failed = client.get("/api/v1/me", headers={"Authorization": key.bearer, "X-Request-ID": "mine"})
    assert (failed.status_code, failed["Content-Type"]) == (500, "application/problem+json")
    assert failed.json()["code"] == "failed"
    assert "mine" in failed.json()["detail"]


def test_a_wrong_method_and_a_missing_key_say_what_there_is(client: Client, key: Key) -> None:
    wrong = client.put("/api/v1/me", headers={"Authorization": key.bearer})
    nobody = client.get("/api/v1/me")
    assert (wrong.status_code, wrong.json()["code"]) == (405, "method_not_allowed")
    assert "GET" in wrong["Allow"]
    assert (nobody.status_code, nobody.json()["code"]) == (401, "not_authenticated")
    assert nobody["WWW-Authenticate"].startswith("Basic")
