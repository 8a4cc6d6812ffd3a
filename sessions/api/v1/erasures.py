"""Deleting by API: 200 with what went, or 202 when a worker goes on, whose progress can be asked for."""

from uuid import UUID

from rest_framework import serializers, status
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from projects.audit import actor_name
from projects.models import Role
from sessions.api.v1.shapes.operations import Operation
from sessions.api.v1.shapes.work import ErasureShape
from sessions.api.v1.views import Endpoint
from sessions.conversations.representation import erasure_json
from sessions.deletion import erasing
from sessions.deletion.views import carry_out
from sessions.models import Erasure


class PersonSerializer(serializers.Serializer[None]):
    """Names a person by the id that the product gives them."""

    user_id = serializers.CharField(max_length=200, trim_whitespace=False)


class ErasingEndpoint(Endpoint):
    """A view that can delete what its path or its body names."""

    roles = {**Endpoint.roles, "POST": Role.ADMIN, "DELETE": Role.ADMIN}

    def erased(self, subject: Erasure.Subject, key: str) -> Response:
        """Delete a session or a trace, and answer with the receipt. Raise NotFound."""
        if "\x00" in key or not erasing.exists(self.project.pk, subject, key):
            raise NotFound("This project has nothing with that id.")
        return self.carried_out(subject, key)

    def carried_out(self, subject: Erasure.Subject, key: str) -> Response:
        """Delete what there is, and answer with the receipt."""
        name, page = actor_name(self.key), self.request._request
        made = carry_out(self.project, subject, key, actor=self.key, name=name, request=page)
        return Response(erasure_json(made), status.HTTP_200_OK if made.finished_at else status.HTTP_202_ACCEPTED)


class ErasuresEndpoint(ErasingEndpoint):
    """Erases people. Doing it twice is doing it once, and no answer is kept that names them."""

    keeps_answers = False
    operations = {
        "POST": Operation(says="Erase a person", takes=PersonSerializer, answers={200: ErasureShape, 202: ErasureShape})
    }

    def post(self, request: Request) -> Response:
        """Erase a person: every trace in which anything names the user id."""
        asked = PersonSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        return self.carried_out(Erasure.Subject.PERSON, asked.validated_data["user_id"])


class ErasureEndpoint(Endpoint):
    """How far a deletion is."""

    operations = {"GET": Operation(says="Show the progress of a deletion", answers={200: ErasureShape})}

    def get(self, request: Request, erasure_id: UUID) -> Response:
        """Answer with the receipt."""
        found = Erasure.objects.for_project(self.project).filter(id=erasure_id).first()
        if found is None:
            raise NotFound("This project has nothing with that id.")
        return Response(erasure_json(found))
