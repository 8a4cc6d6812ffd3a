"""Translations by API: asked for with POST, followed with GET, and then read there."""

from typing import Any, NamedTuple
from urllib.parse import quote

from rest_framework import serializers, status
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from sessions.api.v1.shapes.operations import Operation
from sessions.api.v1.shapes.work import TranslationShape
from sessions.api.v1.views import Endpoint, found_or_404
from sessions.models import TranslationJob
from sessions.translation import jobs, orders
from sessions.translation.languages import tag
from sessions.translation.planning import PLAN_BUDGET_CHARACTERS
from tracing.models import Trace

MORE = jobs.MOST_BUDGET // PLAN_BUDGET_CHARACTERS


class AskedSerializer(serializers.Serializer[None]):
    """`to` is a language's code; `more` multiplies the characters after which the rest stays as it is."""

    to = serializers.CharField(max_length=35)
    more = serializers.IntegerField(min_value=1, max_value=MORE, default=1)

    def validate_to(self, code: str) -> str:
        """Return the language's tag. Raise ValidationError for an unknown one."""
        if not (known := tag(code)):
            raise serializers.ValidationError("There is no language with this code.")
        return known


class AskedTranslation(NamedTuple):
    """Into which language, and how many times the usual number of characters."""

    to: str
    more: int

    @property
    def budget(self) -> int:
        """The characters after which the rest stays as it is."""
        return self.more * PLAN_BUDGET_CHARACTERS


class TranslationEndpoint(Endpoint):
    """A trace in another language."""

    operations = {
        "GET": Operation(says="Read a translation", parameters=AskedSerializer, answers={200: TranslationShape}),
        "POST": Operation(
            says="Request a translation", takes=AskedSerializer, answers={200: TranslationShape, 202: TranslationShape}
        ),
    }

    def get(self, request: Request, trace_id: str) -> Response:
        """Answer with the translation, as far as it is. Raise NotFound when nobody has asked for it."""
        asked, trace = self._asked(request.query_params, trace_id)
        job = orders.find(self.project, trace, asked.to, budget=asked.budget)
        if job is None:
            raise NotFound(
                "Nobody has asked for this translation yet, or the trace says something else by now: POST here."
            )
        return Response(_json(job, asked.more))

    def post(self, request: Request, trace_id: str) -> Response:
        """Begin the translation, or find it begun; 202 while a worker is at it, 200 when it is finished."""
        asked, trace = self._asked(request.data, trace_id)
        job = orders.order(
            self.project,
            trace,
            asked.to,
            actor=self.key,
            budget=asked.budget,
            wanted=orders.WAIT_OF_PROGRAM,
            again=True,
        )
        return Response(_json(job, asked.more), status.HTTP_202_ACCEPTED if job.is_open else status.HTTP_200_OK)

    def _asked(self, given: Any, trace_id: str) -> tuple[AskedTranslation, Trace]:
        asked = AskedSerializer(data=given)
        asked.is_valid(raise_exception=True)
        trace = found_or_404(Trace.objects.for_project(self.project), trace_id=trace_id)
        return AskedTranslation(**asked.validated_data), trace


def _json(job: TranslationJob, more: int) -> dict[str, Any]:
    """Return a job as programs read it.

    `input` and `output` are whole stored texts, with what was translated in them; null before the end."""
    result = job.result or {}
    texts = result.get("texts", {})
    more_query = f"&more={more}" if more > 1 else ""
    return {
        "trace_id": job.trace_id,
        "to": job.target,
        "provider": job.provider,
        "state": job.state,
        "done": job.done,
        "total": job.total,
        "error_code": job.error_code or None,
        "error": job.error or None,
        "from": result.get("sources", []),
        "kept": result.get("kept", 0),
        "left_out": result.get("left_out", 0),
        "input": texts.get("input"),
        "output": texts.get("output"),
        "status_url": f"/api/v1/traces/{quote(job.trace_id)}/translation?to={job.target}{more_query}",
    }
