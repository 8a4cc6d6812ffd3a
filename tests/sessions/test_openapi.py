"""The OpenAPI document: written from the views, and true of every answer."""

import json
import uuid
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import jsonschema
import pytest
from django.test import Client
from django.utils import timezone

from projects.accounts.people import invite
from projects.auth import create_key, create_own_key
from projects.models import OWN_SCOPES, Project, Role, User
from sessions.alerts import channels, firing, making
from sessions.annotation import configs, queues
from sessions.api.v1.document import OPENAPI_FILE
from sessions.api.v1.urls import urlpatterns
from sessions.cohorts.making import create_cohort
from sessions.judges.making import Decision
from sessions.models import SavedView
from tests.conftest import Key
from tests.conversations import TICKET, tell
from tests.judges.judged import make, work
from tests.openapi import files
from tests.tracing.reports import call, in_session
from tracing.ingest.pipeline import ingest
from tracing.models import ModelPrice
from tracing.wire.scores import score_of

DOCUMENT = json.loads(OPENAPI_FILE.read_text())
METHODS = ("get", "post", "put", "patch", "delete")
OPERATIONS = [(path, method) for path, said in DOCUMENT["paths"].items() for method in said]


def strict(shape: Any) -> Any:
    """The same shapes, in which no field is unknown."""
    if isinstance(shape, list):
        return [strict(part) for part in shape]
    if not isinstance(shape, dict):
        return shape
    found = {name: strict(part) for name, part in shape.items()}
    return found | ({"additionalProperties": False} if "properties" in found else {})


STRICT = strict({"components": DOCUMENT["components"]})


def fault_in(answer: Any, path: str, method: str) -> str:
    """What of an answer differs from the document, or nothing."""
    said = DOCUMENT["paths"][path][method]["responses"].get(str(answer.status_code))
    if said is None:
        return f"{answer.status_code} is not documented"
    said = DOCUMENT["components"]["responses"][said["$ref"].rpartition("/")[2]] if "$ref" in said else said
    content = said.get("content", {})
    if not content:
        return "there is a body" if answer.content else ""
    kind = answer.headers["Content-Type"]
    if answer.status_code >= 400 and kind not in content:
        return f"the content type is {kind}"
    if "json" not in kind or "schema" not in content.get(kind, {}):
        return ""
    shape = {**STRICT, **strict(content[kind]["schema"])}
    try:
        jsonschema.validate(answer.json(), shape)
    except jsonschema.ValidationError as error:
        return f"{error.json_path}: {error.message}"
    return ""


def test_the_document_and_what_is_made_of_it_are_those_of_the_code() -> None:
    old = [str(path) for path, text in files().items() if path.read_text() != text]
    assert old == [], "Write them: see tests/openapi.py"


def test_every_view_and_every_method_is_documented() -> None:
    views = [found for pattern in urlpatterns[1:-1] if (found := getattr(pattern.callback, "view_class", None))]
    assert len(views) > 20
    for view in views:
        assert {name.lower() for name in view.operations} == {name for name in METHODS if hasattr(view, name)}, view


def test_no_two_operations_share_a_name() -> None:
    names = [DOCUMENT["paths"][path][method]["operationId"] for path, method in OPERATIONS]
    assert len(names) == len(set(names))
    assert all(names)


@pytest.mark.django_db
def test_everybody_may_read_the_document(client: Client) -> None:
    answer = client.get("/api/v1/openapi.json")
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/json")
    assert answer.json()["openapi"].startswith("3.1")


@pytest.fixture
def world(project: Project, alice: User, bob: User) -> dict[str, str]:
    """A project with something of everything, as the parameters of paths."""
    tell(project, "support/1", TICKET)
    [trace_id, *_] = tell(project, "other", TICKET)
    ingest(project.pk, [call("odd", "a", model="nobodys-model", claims=in_session("s" * 300))])
    ingest(project.pk, [score_of({"id": "first", "name": "helpful", "value": 1, "traceId": trace_id})])
    config = configs.create(project, {"name": "solved", "data_type": "BOOLEAN"}, by=alice)
    queue = queues.create(project, {"name": "Weekly", "score_config_ids": [config.id]}, by=alice)
    queues.enqueue(queue, ["support/1"], alice)
    create_cohort(project, name="Late", by=alice, query_string="q=has:error")
    SavedView.objects.create(project_id=project.pk, name="Late", owner_id=alice.pk, owner=alice.email, is_shared=True)
    ModelPrice.objects.create(project_id=project.pk, pattern="nobodys-*", input_price=1, output_price=2)
    channel, _ = channels.create(project, {"name": "Everybody", "kind": "mail"}, by=alice)
    alert = making.create(project, {"name": "Failures", "kind": "enters", "query": "has:error"}, by=alice)
    firing.begin(project, alert, timezone.now())
    judge = make(project, config, alice, Decision(kind="rule", rule="turns > 0", value="yes"))
    work(project)
    return {
        "alert_id": str(alert.id),
        "channel_id": str(channel.id),
        "judge_id": str(judge.id),
        "notice_id": str(uuid.uuid4()),
        "session_id": "support/1",
        "trace_id": trace_id,
        "score_id": "first",
        "config_id": config.id,
        "queue_id": queue.id,
        "user_id": "user-a",
        "project_id": str(project.pk),
        "member_id": str(bob.pk),
        "invitation_id": str(invite(project.organization, "eve@example.com", Role.MEMBER, by=alice)[0].pk),
        "key_id": str(create_key(project)[0].pk),
    }


QUERIES = {
    "/api/v1/turns": "?session_id=support/1",
    "/api/v1/transcript": "?session_id=support/1",
    "/api/v1/explanation": "?session_id=support/1",
    "/api/v1/standings": "?session_id=support/1",
    "/api/v1/comparison": "?cohort=all&cohort=%3Fq%3Dhas%3Aerror",
    "/api/v1/metrics": "?measure=cost&split=model&steps=true",
    "/api/v1/export": "?format=jsonl",
    "/api/v1/exports": "?format=jsonl",
    "/api/v1/traces/{trace_id}/translation": "?to=de",
}
BODIES: dict[str, Any] = {
    "/api/v1/alerts": {"name": "Costs", "kind": "crosses", "measure": "cost", "bound": "5"},
    "/api/v1/alerts/{alert_id}": {"query": "errors > 2", "actions": [{"action": "label", "argument": "bad"}]},
    "/api/v1/alert-channels": {"name": "Members", "kind": "mail"},
    "/api/v1/notices/{notice_id}": {"is_read": True},
    "/api/v1/judges": {
        "name": "Long?",
        "kind": "rule",
        "rule": "turns > 9",
        "value": "yes",
        "score_config_id": "{config_id}",
    },
    "/api/v1/judges/{judge_id}": {"query": "turns > 1", "is_on": False},
    "/api/v1/scores": {"name": "tone", "value": "warm", "session_id": "support/1"},
    "/api/v1/score-configs": {
        "name": "tone",
        "data_type": "CATEGORICAL",
        "categories": [{"label": "warm", "value": 1}],
    },
    "/api/v1/score-configs/{config_id}": {"description": "Was it solved?"},
    "/api/v1/comments": {"object_type": "SESSION", "object_id": "support/1", "content": "Read this."},
    "/api/v1/review-queues": {"name": "Late orders"},
    "/api/v1/review-queues/{queue_id}/items": {"session_ids": ["support/1"]},
    "/api/v1/sessions/{session_id}": {"labels": ["vip"], "status": "open"},
    "/api/v1/projects": {"name": "Sales"},
    "/api/v1/projects/{project_id}": {"retention_days": 90},
    "/api/v1/members": {"email": "dora@example.com", "role": "member"},
    "/api/v1/members/{member_id}": {"role": "viewer"},
    "/api/v1/keys": {"name": "ci", "scopes": ["read"]},
    "/api/v1/bulk-jobs": {"action": "label", "label": "late", "session_ids": ["support/1"]},
    "/api/v1/erasures": {"user_id": "user-a"},
    "/api/v1/traces/{trace_id}/translation": {"to": "de"},
}
FOR_PEOPLE = (
    "/api/v1/projects",
    "/api/v1/members",
    "/api/v1/invitations",
    "/api/v1/keys",
)  # who come with a key of their own
TRANSLATION = "/api/v1/traces/{trace_id}/translation"  # which nobody has asked for yet
# What is made by asking, and asked for by its id then.
FOLLOWED = {
    "/api/v1/exports": "{export_id}",
    "/api/v1/erasures": "{erasure_id}",
    "/api/v1/bulk-jobs": "{job_id}",
}
REFUSED = {
    (TRANSLATION, "get"): 404,
    ("/api/v1/installation", "put"): 404,  # which needs a token of the settings
    ("/api/v1/judges/{judge_id}/price", "get"): 400,  # a rule has no past, tests/judges/test_api.py has a prompt
    ("/api/v1/judges/{judge_id}/backfills", "post"): 400,
    (
        "/api/v1/notices/{notice_id}",
        "patch",
    ): 404,  # see test_inbox.py: a key of the project has none
}


def bearer_for(path: str, key: Key, person: User) -> str:
    """The key of the project, or a new one of a person where no other will do."""
    if not path.startswith(FOR_PEOPLE):
        return key.bearer
    _, secret = create_own_key(person, name="own", scopes=list(OWN_SCOPES), expires_at=None)
    return f"Bearer {secret}"


def paths(world: dict[str, str]) -> Iterator[tuple[str, str, str]]:
    """Every operation with an address, but files and receipts, which are asked where they are made.

    What deletes comes last."""
    for path, method in sorted(OPERATIONS, key=lambda one: (one[0] == "/api/v1/erasures", one[1] == "delete")):
        if not any(name in path for name in FOLLOWED.values()):
            yield path, method, path.format(**{name: quote(value) for name, value in world.items()})


@pytest.mark.django_db(transaction=True)
def test_every_answer_is_as_the_document_says(client: Client, key: Key, alice: User, world: dict[str, str]) -> None:
    faults, asked = {}, 0
    for path, method, address in paths(world):
        headers = {"Authorization": bearer_for(path, key, alice), "X-Confab-Project": world["project_id"]}
        body = (
            json.dumps(BODIES.get(path, {})).replace("{config_id}", world["config_id"])
            if method in ("post", "patch")
            else ""
        )
        address += QUERIES.get(path, "")
        answer: Any = client.generic(method.upper(), address, body, "application/json", headers=headers)
        wanted = REFUSED.get((path, method), 200)
        asked += 1
        if (fault := fault_in(answer, path, method)) or (answer.status_code // 100 != wanted // 100):
            faults[f"{method} {address}"] = f"{answer.status_code}: {fault or answer.content.decode()[:300]}"
        followed = FOLLOWED.get(path)
        if followed and method == "post":
            later = f"{path}/{answer.json()['id']}"
            seen: Any = client.get(later, headers=headers)
            if fault := fault_in(seen, f"{path}/{followed}", "get"):
                faults[f"get {later}"] = fault
    assert faults == {}, "\n".join(f"{name}: {fault}" for name, fault in faults.items())
    assert asked > 25
