"""Judges, their verdicts, and why a session was not judged, in the words of /api/v1."""

from typing import Any
from uuid import UUID

from django.db.models import DateTimeField, QuerySet
from django_filters import CharFilter, ChoiceFilter, FilterSet, UUIDFilter
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from sessions.api.v1.parameters import refuse_others
from sessions.api.v1.shapes.judges import JudgeShape, StandingParameters, StandingShape, VerdictShape
from sessions.api.v1.shapes.operations import Operation, list_of, page_of
from sessions.api.v1.views import Endpoint, ListEndpoint, found_or_404, json_of
from sessions.judges.reasons import NO_SESSION, Standing, standings
from sessions.models import Judge, JudgeVersion, ScoreConfig, Session, Verdict
from tracing.lists.keyset import Order

NEWEST_VERDICTS = Order("verdicts", "created_at", "session_id", DateTimeField(), is_descending=True)
JUDGE_FIELDS_OF_API = (
    "id", "name", "query", "quiet_seconds", "sample_percent", "version", "monthly_cap", "is_on", "is_archived",
    "created_at", "updated_at",
)  # fmt: skip


class JudgesEndpoint(Endpoint):
    """The judges of the project."""

    operations = {"GET": Operation(says="List judges", answers={200: list_of(JudgeShape)})}

    def get(self, request: Request) -> Response:
        """Answer with all of them, by name."""
        refuse_others(request, ())
        rows = list(Judge.objects.for_project(self.project).order_by("name", "id"))
        return Response({"data": shown_judges(self.project.pk, rows)})


class JudgeEndpoint(Endpoint):
    """One judge."""

    operations = {"GET": Operation(says="Read a judge", answers={200: JudgeShape})}

    def get(self, request: Request, judge_id: UUID) -> Response:
        """Answer with the judge."""
        refuse_others(request, ())
        found: Judge = found_or_404(Judge.objects.for_project(self.project), id=str(judge_id))
        return Response(shown_judges(self.project.pk, [found])[0])


class VerdictFilters(FilterSet):  # type: ignore[misc]
    """The parameters of the list of verdicts."""

    judge_id = UUIDFilter()
    session_id = CharFilter()
    state = ChoiceFilter(choices=Verdict.State.choices)


class VerdictsEndpoint(ListEndpoint):
    """What judges answered, the newest first."""

    operations = {"GET": Operation(says="List verdicts of judges", answers={200: page_of(VerdictShape)})}

    filterset_class = VerdictFilters
    order, fields = NEWEST_VERDICTS, tuple(map(str, VerdictShape().fields))

    def get_queryset(self) -> QuerySet[Any]:
        """Return all verdicts."""
        return Verdict.objects.for_project(self.project)


class StandingsEndpoint(Endpoint):
    """What each judge says of one session."""

    operations = {
        "GET": Operation(
            says="Explain verdicts of a session", parameters=StandingParameters, answers={200: list_of(StandingShape)}
        )
    }

    def get(self, request: Request) -> Response:
        """Answer with the judges by name, each with its answer or why there is none. Raise NotFound."""
        refuse_others(request, ("session_id",))
        asked = StandingParameters(data=request.query_params)
        asked.is_valid(raise_exception=True)
        session_id = asked.validated_data["session_id"]
        if not Session.objects.for_project(self.project).filter(session_id=session_id).exists():
            raise NotFound(NO_SESSION)
        return Response({"data": [shown_standing(one) for one in standings(self.project, session_id)]})


def shown_judges(project_id: int, judges: list[Judge]) -> list[dict[str, Any]]:
    """Return judges as JSON, with the names of their scores and how they decide."""
    configs = ScoreConfig.objects.for_project(project_id).filter(id__in=[one.config_id for one in judges])
    names = dict(configs.values_list("id", "name"))
    versions = JudgeVersion.objects.for_project(project_id).filter(judge_id__in=[one.id for one in judges])
    kinds = {(one.judge_id, one.number): one.kind for one in versions.only("judge_id", "number", "kind")}
    return [
        json_of(one, JUDGE_FIELDS_OF_API)
        | {
            "score_config_id": one.config_id,
            "score_name": names.get(one.config_id),
            "kind": kinds.get((one.id, one.version or 1)),
        }
        for one in judges
    ]


def shown_standing(standing: Standing) -> dict[str, Any]:
    """Return what a judge says of a session as JSON."""
    return {
        "judge_id": str(standing.judge.id),
        "judge_name": standing.judge.name,
        "answer": standing.answer,
        "reason": standing.words,
        "former_answer": standing.former.answer if standing.former else None,
    }
