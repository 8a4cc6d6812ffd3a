"""Translations by API: asked for with POST, followed with GET, and then read there."""

from typing import Any
from urllib.parse import quote

from rest_framework import serializers, status
from rest_framework.decorators import api_view
from rest_framework.exceptions import APIException, NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from sessions.api.v1.authentication import key_of, project_of
from sessions.api.v1.parameters import BadParameters
from sessions.api.v1.sessions import found_or_404
from sessions.models import TranslationJob
from sessions.translation import jobs, orders
from sessions.translation.languages import tag
from sessions.translation.planning import PLAN_BUDGET_CHARACTERS
from sessions.translation.provider import ProviderRefused
from tracing.models import Trace

MORE = jobs.MOST_BUDGET // PLAN_BUDGET_CHARACTERS


class NotTranslated(APIException):
    status_code = status.HTTP_409_CONFLICT
    default_code = "not_translated"


class AskedSerializer(serializers.Serializer[None]):
    """`to` is a language's code; `more` multiplies the characters after which the rest stays as it is."""

    to = serializers.CharField(max_length=35)
    more = serializers.IntegerField(min_value=1, max_value=MORE, default=1)

    def validate_to(self, code: str) -> str:
        if not (known := tag(code)):
            raise serializers.ValidationError("There is no language with this code.")
        return known


@api_view(["GET", "POST"])
def translation(request: Request, trace_id: str) -> Response:
    """POST begins it, or finds it begun; 202 while a worker is at it, 200 when it is finished."""
    project = project_of(request)
    asked = AskedSerializer(data=request.data if request.method == "POST" else request.query_params)
    if not asked.is_valid():
        raise BadParameters(asked.errors)
    trace = found_or_404(Trace.objects.for_project(project), trace_id=trace_id)
    to, budget = asked.validated_data["to"], asked.validated_data["more"] * PLAN_BUDGET_CHARACTERS
    job: TranslationJob | None
    try:
        if request.method == "POST":
            job = orders.order(
                project, trace, to, actor=key_of(request), budget=budget, wanted=orders.WAIT_OF_PROGRAM, again=True
            )
        else:
            job = orders.find(project, trace, to, budget=budget)
    except ProviderRefused as error:
        raise NotTranslated(str(error)) from None
    if job is None:
        raise NotFound("Nobody has asked for this translation yet, or the trace says something else by now: POST here.")
    is_pending = job.is_open and request.method == "POST"
    return Response(_json(job, asked.validated_data["more"]), status.HTTP_202_ACCEPTED if is_pending else 200)


def _json(job: TranslationJob, more: int) -> dict[str, Any]:
    """`input` and `output` are whole stored texts, with what was translated in them; null before the end."""
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
