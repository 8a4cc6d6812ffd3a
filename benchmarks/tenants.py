"""Projects of a running Confab that send and ask over HTTP."""

import json
import secrets
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import NamedTuple

from benchmarks.server import ROOT, Confab, clean_environment

PATIENCE_SECONDS = 60.0
SET_UP = """
import json
from django.test import Client
from projects.auth import create_key
from projects.models import Organization, Project, User
user = User.objects.get(email="benchmarks@example.com")
organization = Organization.objects.get(name="Benchmarks")
client = Client()
client.force_login(user)
projects = [Project.objects.create(organization=organization, name=f"Tenant {number}") for number in range(%d)]
keys = [(project.pk, create_key(project)[1]) for project in projects]
print(json.dumps({"keys": keys, "cookie": client.cookies["confab"].value}))
"""


@dataclass(frozen=True)
class Tenant:
    """A project of the running Confab and its key."""

    confab: Confab
    project_id: int
    key: str

    def ask(self, method: str, path: str, body: object = None) -> tuple[int, bytes]:
        """One request on a connection of its own."""
        connection = HTTPConnection("127.0.0.1", self.confab.port, timeout=PATIENCE_SECONDS)
        headers = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"}
        try:
            connection.request(method, path, None if body is None else json.dumps(body), headers)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def send(self, spans: Sequence[dict[str, object]]) -> int:
        return self.ask("POST", "/v1/traces", {"resourceSpans": [{"scopeSpans": [{"spans": spans}]}]})[0]

    def deliver(self, spans: Sequence[dict[str, object]]) -> None:
        """As an exporter does: what was not taken is sent again."""
        while (status := self.send(spans)) != 200:
            assert status in {429, 503}, status
            time.sleep(0.3)


class Cast(NamedTuple):
    """Those that flood, their neighbour, and the cookie of somebody who is signed in."""

    tenants: list[Tenant]
    neighbour: Tenant
    cookie: str


def set_up(confab: Confab, count: int) -> Cast:
    command = [sys.executable, "manage.py", "shell", "-v", "0", "-c", SET_UP % (count + 1)]
    env = clean_environment() | {"CONFAB_DATA": str(confab.data)}
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=True)
    made = json.loads(done.stdout.splitlines()[-1])
    *tenants, neighbour = (Tenant(confab, project_id, key) for project_id, key in made["keys"])
    return Cast(tenants, neighbour, made["cookie"])


def span(session_id: str, user_id: str) -> dict[str, object]:
    now = time.time_ns()
    said = {"session.id": session_id, "user.id": user_id, "input.value": "hello " * 20, "output.value": "there " * 20}
    return {
        "traceId": secrets.token_hex(16),
        "spanId": secrets.token_hex(8),
        "name": "turn",
        "startTimeUnixNano": str(now - 10**9),
        "endTimeUnixNano": str(now),
        "attributes": [{"key": key, "value": {"stringValue": value}} for key, value in said.items()],
    }
