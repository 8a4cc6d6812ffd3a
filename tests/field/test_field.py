"""Reports from the field, as libraries send them, and the numbers that people expect of them."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from projects.models import Project
from sessions.models import Session
from sessions.rollup.tasks import recompute_dirty
from tests.conftest import Key

FIELD = Path(__file__).parent
EXPECTED: dict[str, dict[str, Any]] = {
    # The agent's bill is that of the whole run, of which only one sub-agent reports anything.
    "wrapper-that-reports-more": {
        "total_cost": Decimal("2.42"),
        "total_tokens": 52_000,
        "unpriced_count": 0,
        "unmeasured_count": 0,
    },
    # A stream of an OpenAI-compatible server, which reports no usage.
    "a-call-without-usage-is-free": {
        "model_names": ["gpt-4o"],
        "unpriced_count": 1,
        "unmeasured_count": 1,
        "total_tokens": 0,
    },
}


def sent(client: Client, key: Key, name: str) -> None:
    body = (FIELD / f"{name}.json").read_bytes()
    answer = client.post("/v1/traces", body, "application/json", headers={"Authorization": key.bearer})
    assert answer.status_code == 200


@pytest.mark.parametrize("name", EXPECTED)
def test_a_session_has_the_numbers_that_people_expect(client: Client, project: Project, key: Key, name: str) -> None:
    sent(client, key, name)
    recompute_dirty(project.pk)
    session = Session.objects.for_project(project).get()

    assert {field: getattr(session, field) for field in EXPECTED[name]} == EXPECTED[name]


def test_the_api_says_null_for_what_nobody_knows(client: Client, project: Project, key: Key) -> None:
    sent(client, key, "a-call-without-usage-is-free")
    recompute_dirty(project.pk)

    session_id = Session.objects.for_project(project).get().session_id
    row = client.get(f"/api/v1/sessions/{session_id}", headers={"Authorization": key.bearer}).json()

    usage = row["usage_by_model"]["gpt-4o"]
    assert (row["total_tokens"], row["total_cost"], row["unmeasured_count"]) == (None, None, 1)
    assert (usage["total_tokens"], usage["total_cost"], usage["call_count"]) == (None, None, 1)
