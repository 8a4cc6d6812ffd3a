"""Scores one at a time: Langfuse's face takes an object or an array, InteractiveAI's platform has its envelope."""

from collections.abc import Mapping
from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from projects.models import Project, Scope
from tracing.ingest.http.platform import PlatformFace
from tracing.ingest.intake import slot
from tracing.ingest.pipeline import ingest
from tracing.ingest.rest.views import SdkView
from tracing.ingest.rest.wires import JsonParser, WireResponse
from tracing.ingest.score_configs import configs_of
from tracing.records import Issue, Reason, ScoreRecord, Sdk
from tracing.store.scored import delete_score
from tracing.wire.fields import MAX_JSON_DEPTH, nests_deeper
from tracing.wire.refusals import BodyTooLarge, Invalid, NotFound
from tracing.wire.scores import BadScore, ScoreRules, score_of
from tracing.wire.sdks import sdk_of

ARRAY_MAX = 1_000  # the SDKs send 15 at most


class ReportScores(SdkView):
    """Stores one score, or each of an array."""

    parser_classes = [JsonParser]

    def post(self, request: Request) -> Response:
        """Answer with the id of the score; of an array, with 202 when all were taken, else with 207 and the reasons.

        Neither is to be repeated."""
        sdk = sdk_of(request.headers, ())
        if not isinstance(self.body, list):
            return WireResponse({"id": store_score(self.project, self.body, sdk)})
        found = _store_scores(self.project, self.body, sdk)
        if not found:
            return WireResponse({"message": "Accepted"}, status=202)
        rejected = sum(issue.reason is not Reason.TEXT_CUT for issue in found)
        errors = [{"message": f"{issue.reason}: {issue.sample}"} for issue in found]
        accepted = len(self.body) - rejected
        return WireResponse({"accepted": accepted, "rejected": rejected, "errors": errors}, status=207)


class PlatformReportScore(PlatformFace, SdkView):
    """Stores one score."""

    def post(self, request: Request) -> Response:
        """Answer with the id of the score."""
        score_id = store_score(self.project, self.body, sdk_of(request.headers, ()))
        return WireResponse({"success": True, "data": {"id": score_id}})


class DeleteScore(SdkView):
    """Deletes one score."""

    scopes: Mapping[str, Scope] = {"DELETE": Scope.WRITE}
    http_method_names = ["delete"]

    def delete(self, request: Request, score_id: str) -> Response:
        """Answer that it is gone. Raise NotFound when there was none."""
        if not delete_score(self.project, score_id, by=self.key):
            raise NotFound(f"There is no score {score_id}.")
        return WireResponse(self.gone(score_id))

    def gone(self, score_id: str) -> Mapping[str, Any]:
        """Return the answer in the words of this face."""
        return {"message": "deleted"}


class PlatformDeleteScore(PlatformFace, DeleteScore):
    """Deletes one score."""

    def gone(self, score_id: str) -> Mapping[str, Any]:
        """Return the answer in the words of this face."""
        return {"success": True, "data": {"id": score_id}}


def store_score(project: Project, body: Any, sdk: Sdk) -> str:
    """Store the score that `body` describes and return its id. Raise Invalid when it cannot be stored."""
    issues: list[Issue] = []
    with slot(project):
        record = _record(body, configs_of(project.pk, [body]), issues)
        found = ingest(project.pk, [record] if record else [], sdk=sdk, issues=issues)
    if refused := [issue for issue in found if issue.reason is not Reason.TEXT_CUT]:
        raise Invalid(f"{refused[-1].reason}: {refused[-1].sample}")
    assert record is not None, "a score that is none has an issue that rejects it"
    return record.id


def _store_scores(project: Project, bodies: list[Any], sdk: Sdk) -> list[Issue]:
    if len(bodies) > ARRAY_MAX:
        raise BodyTooLarge(f"More than {ARRAY_MAX:,} scores in one request: send smaller batches.")
    issues: list[Issue] = []
    with slot(project):
        configs = configs_of(project.pk, bodies)
        records = [record for record in (_record(body, configs, issues) for body in bodies) if record]
        return ingest(project.pk, records, sdk=sdk, issues=issues)


def _record(body: Any, configs: Mapping[str, ScoreRules], issues: list[Issue]) -> ScoreRecord | None:
    try:
        if not isinstance(body, dict) or nests_deeper(body, MAX_JSON_DEPTH):
            raise BadScore("a score must be an object that does not nest without end")
        return score_of(body, configs)
    except BadScore as error:
        issues.append(Issue(Reason.INVALID_SCORE, str(error)[:200]))
        return None
