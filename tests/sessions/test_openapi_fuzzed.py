"""Requests that follow the OpenAPI document, and some that do not: no answer is a fault of ours or undocumented."""

import json
import os
from typing import Any
from urllib.parse import urlencode

import pytest
import schemathesis
from django.test import Client
from hypothesis import HealthCheck, Phase, given, settings

from projects.models import Project, User
from tests.conftest import Key
from tests.conversations import tell
from tests.sessions.test_openapi import DOCUMENT, OPERATIONS, bearer_for, fault_in

EXAMPLES = 8 * int(os.environ.get("CONFAB_FUZZ", "1"))
SCHEMA = schemathesis.openapi.from_dict(DOCUMENT)

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize(("path", "method"), OPERATIONS)
def test_a_request_that_follows_the_document_is_answered_as_it_says(
    client: Client, key: Key, project: Project, alice: User, path: str, method: str
) -> None:
    tell(project, "support/1")
    headers = {"Authorization": bearer_for(path, key, alice), "X-Confab-Project": str(project.pk)}
    faults: dict[str, str] = {}

    @settings(
        max_examples=EXAMPLES, deadline=None, derandomize=True, database=None, phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(case=SCHEMA[path][method].as_strategy())
    def ask(case: Any) -> None:
        request = case.as_transport_kwargs(base_url="http://testserver")
        url = f"{request['url']}?{urlencode(request.get('params') or {}, doseq=True)}"
        body = json.dumps(request["json"]) if "json" in request else request.get("data") or ""
        answer: Any = client.generic(method.upper(), url, body, "application/json", headers=headers)
        if answer.status_code >= 500 and answer.status_code != 503:
            faults[url] = str(answer.status_code)
        elif fault := fault_in(answer, path, method):
            faults[url] = fault

    ask()
    assert not faults, faults
