"""The keys of a project, for those who administer it."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone
from rest_framework import status
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from projects.audit import Action
from projects.auth import create_key
from projects.keys import revoke
from projects.models import ApiKey
from projects.values import in_calendar
from sessions.api.v1.administration import AdministrationEndpoint, one_of
from sessions.api.v1.shapes.administration import GivenKeyShape, NewKeyShape, ProjectKeyShape
from sessions.api.v1.shapes.operations import Operation, list_of
from sessions.api.v1.views import given_in, json_of

MAX_LIVE_KEYS = 100  # of a project, beyond which programs add none
KEY_FIELDS = tuple(map(str, ProjectKeyShape().fields))


class KeysEndpoint(AdministrationEndpoint):
    """The keys of the project."""

    keeps_answers = False  # which would keep a secret
    operations = {
        "GET": Operation(says="List keys", answers={200: list_of(ProjectKeyShape)}),
        "POST": Operation(says="Create a key", takes=GivenKeyShape, answers={201: NewKeyShape}),
    }

    def get(self, request: Request) -> Response:
        """Answer with all of them, the newest first, ended ones too."""
        rows = self.project.api_keys.order_by("-created_at", "-pk")
        return Response({"data": [json_of(row, KEY_FIELDS) for row in rows]})

    @transaction.atomic
    def post(self, request: Request) -> Response:
        """Create a key, and answer with its secret this once."""
        given = given_in(GivenKeyShape, request)
        expires_at: datetime | None = given.get("expires_at")
        if expires_at is not None and not (in_calendar(expires_at) and expires_at > timezone.now()):
            raise ValidationError({"expires_at": ["This is no time to come."]})
        if self.project.api_keys.live().count() >= MAX_LIVE_KEYS:
            raise ValidationError({"name": [f"This project has {MAX_LIVE_KEYS} keys. Revoke one of them."]})
        scopes = list(dict.fromkeys(given["scopes"]))
        key, secret = create_key(self.project, name=given["name"], scopes=scopes, expires_at=expires_at)
        said = {"scopes": ", ".join(scopes), "expires": str(expires_at or "never")}
        self.note(Action.KEY_CREATED, self.project, str(key), **said)
        return Response(json_of(key, KEY_FIELDS) | {"secret_key": secret}, status.HTTP_201_CREATED)


class KeyEndpoint(AdministrationEndpoint):
    """One key of the project."""

    operations = {"DELETE": Operation(says="Revoke a key", answers={204: None})}

    @transaction.atomic
    def delete(self, request: Request, key_id: int) -> Response:
        """Revoke the key: no later request is accepted with it."""
        key: ApiKey = one_of(self.project.api_keys.filter(pk=key_id))
        revoke(key)
        self.note(Action.KEY_REVOKED, self.project, str(key))
        return Response(status=status.HTTP_204_NO_CONTENT)
