"""Scores one at a time: Langfuse's face takes an object or an array, InteractiveAI's platform has its envelope."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse

from projects.models import Project, Scope
from tracing.ingest.http.bodies import read_json, read_object
from tracing.ingest.http.endpoints import machine
from tracing.ingest.http.platform import platform
from tracing.ingest.intake import authenticated
from tracing.ingest.pipeline import ingest
from tracing.ingest.score_configs import configs_of
from tracing.records import Issue, Reason, ScoreRecord
from tracing.store.scored import delete_score
from tracing.wire.fields import MAX_JSON_DEPTH, nests_deeper
from tracing.wire.refusals import BodyTooLarge, Invalid, NotFound
from tracing.wire.responses import json_response
from tracing.wire.scores import BadScore, ScoreRules, score_of
from tracing.wire.sdks import sdk_of

ARRAY_MAX = 1_000  # the SDKs send 15 at most


@machine("POST")
def scores(request: HttpRequest, project: Project) -> HttpResponse:
    body = read_json(request)
    if isinstance(body, list):
        return _array(request, project, body)
    return json_response({"id": _create(request, project, body)})


@machine("POST")
@platform
def platform_scores(request: HttpRequest, project: Project) -> HttpResponse:
    return json_response({"success": True, "data": {"id": _create(request, project, read_object(request))}})


@machine("DELETE", scope=Scope.WRITE)
def score(request: HttpRequest, project: Project, score_id: str) -> HttpResponse:
    _delete(request, project, score_id)
    return json_response({"message": "deleted"})


@machine("DELETE", scope=Scope.WRITE)
@platform
def platform_score(request: HttpRequest, project: Project, score_id: str) -> HttpResponse:
    _delete(request, project, score_id)
    return json_response({"success": True, "data": {"id": score_id}})


def _delete(request: HttpRequest, project: Project, score_id: str) -> None:
    key = authenticated(request.headers.get("Authorization", ""), Scope.WRITE)
    if not delete_score(project, score_id, by=key):
        raise NotFound(f"There is no score {score_id}.")


def _create(request: HttpRequest, project: Project, body: Any) -> str:
    issues: list[Issue] = []
    record = _record(body, configs_of(project.pk, [body]), issues)
    stored = [record] if record else []
    found = ingest(project.pk, stored, sdk=sdk_of(request.headers, ()), issues=issues)
    if refused := [issue for issue in found if issue.reason is not Reason.TEXT_CUT]:
        raise Invalid(f"{refused[-1].reason}: {refused[-1].sample}")
    assert record is not None, "a score that is none has an issue that rejects it"
    return record.id


def _array(request: HttpRequest, project: Project, bodies: list[Any]) -> HttpResponse:
    """202 when all were taken, else 207 with the reasons; neither is to be repeated."""
    if len(bodies) > ARRAY_MAX:
        raise BodyTooLarge(f"More than {ARRAY_MAX:,} scores in one request: send smaller batches.")
    issues: list[Issue] = []
    configs = configs_of(project.pk, bodies)
    records = [record for record in (_record(body, configs, issues) for body in bodies) if record]
    found = ingest(project.pk, records, sdk=sdk_of(request.headers, ()), issues=issues)
    if not found:
        return json_response({"message": "Accepted"}, status=202)
    rejected = sum(issue.reason is not Reason.TEXT_CUT for issue in found)
    errors = [{"message": f"{issue.reason}: {issue.sample}"} for issue in found]
    return json_response({"accepted": len(bodies) - rejected, "rejected": rejected, "errors": errors}, status=207)


def _record(body: Any, configs: Mapping[str, ScoreRules], issues: list[Issue]) -> ScoreRecord | None:
    try:
        if not isinstance(body, dict) or nests_deeper(body, MAX_JSON_DEPTH):
            raise BadScore("a score must be an object that does not nest without end")
        return score_of(body, configs)
    except BadScore as error:
        issues.append(Issue(Reason.INVALID_SCORE, str(error)[:200]))
        return None
