"""Deleting by API: 200 with what went, or 202 when a worker goes on, whose progress can be asked for."""

from uuid import UUID

from rest_framework import serializers, status
from rest_framework.decorators import api_view
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from sessions.api.v1.authentication import key_of, project_of
from sessions.api.v1.parameters import BadParameters
from sessions.conversations.representation import erasure_json
from sessions.deletion import erasing
from sessions.deletion.views import carry_out
from sessions.models import Erasure


class PersonSerializer(serializers.Serializer[None]):
    user_id = serializers.CharField(max_length=200, trim_whitespace=False)


@api_view(["POST"])
def erasures(request: Request) -> Response:
    """Erases a person: every trace in which anything names the user id."""
    asked = PersonSerializer(data=request.data)
    if not asked.is_valid():
        raise BadParameters(asked.errors)
    return _carried_out(request, Erasure.Subject.PERSON, asked.validated_data["user_id"])


@api_view(["GET"])
def erasure(request: Request, erasure_id: UUID) -> Response:
    """How far a deletion is."""
    found = Erasure.objects.for_project(project_of(request)).filter(id=erasure_id).first()
    if found is None:
        raise NotFound("This project has nothing with that id.")
    return Response(erasure_json(found))


def deleted(request: Request, subject: Erasure.Subject, key: str) -> Response:
    """Of a session or a trace."""
    if "\x00" in key or not erasing.exists(project_of(request).pk, subject, key):
        raise NotFound("This project has nothing with that id.")
    return _carried_out(request, subject, key)


def _carried_out(request: Request, subject: Erasure.Subject, key: str) -> Response:
    actor, project = key_of(request), project_of(request)
    made = carry_out(project, subject, key, actor=actor, name=f"key {actor.public_key}", request=request._request)
    return Response(erasure_json(made), status.HTTP_200_OK if made.finished_at else status.HTTP_202_ACCEPTED)
