"""docs/api.md: its examples run, and it names every field."""

import json
import re

import pytest
from django.conf import settings
from django.test import Client

from projects.models import Project
from sessions.conversations.representation import API_SPAN_FIELDS, API_TRACE_FIELDS, RAW_FIELDS
from sessions.rollup.session_rows import recompute
from tests.conftest import Key
from tests.tracing.reports import call, in_session
from tracing.ingest.pipeline import ingest
from tracing.records import Kind, Level

PAGE = (settings.BASE_DIR / "docs" / "api.md").read_text()
EXAMPLES = re.findall(r'"\$CONFAB_URL(/api/v1/[^"]+)"', PAGE)
ANSWERS = [json.loads(found) for found in re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)]
SESSION = "support/2026/1fd0c2a9e4"
TRACE = "5f0c9d2e7a1b4c3d8e6f0a1b2c3d4e5f"


@pytest.mark.django_db
@pytest.mark.parametrize("path", EXAMPLES)
def test_an_example_is_answered_as_the_page_says(client: Client, key: Key, project: Project, path: str) -> None:
    ingest(project.pk, [call(TRACE, "a", claims=in_session(SESSION, tags=["refund"]))])
    recompute(project.pk, [SESSION])
    response = client.get(path, headers={"Authorization": key.bearer})
    if "lots" in path:
        assert (response.status_code, response.json()) == (400, ANSWERS[-1])
        return
    assert response.status_code == 200
    assert response.json()


def test_the_page_shows_fields_that_there_are() -> None:
    assert len(EXAMPLES) == 12
    (row,) = ANSWERS[0]["data"]
    assert set(row) < set(re.findall(r"`(\w+)`", (settings.BASE_DIR / "docs" / "sessions.md").read_text()))


def test_every_field_of_a_trace_and_of_a_span_is_named() -> None:
    words = {*API_TRACE_FIELDS, *API_SPAN_FIELDS, *RAW_FIELDS, *(kind.name.lower() for kind in Kind)}
    words |= {level.name.lower() for level in Level}
    sums = {word for word in words if word.endswith(("_tokens", "_cost"))}  # "the costs and tokens"
    assert not [word for word in words - sums if f"`{word}`" not in PAGE]
