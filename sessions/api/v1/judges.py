"""Judges, their verdicts, and why a session was not judged, in the words of /api/v1."""

from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import DateTimeField, QuerySet
from django_filters import CharFilter, ChoiceFilter, FilterSet, UUIDFilter
from rest_framework import status
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from projects.models import Role
from sessions.api.v1.parameters import refuse_others
from sessions.api.v1.shapes.judges import (
    GivenJudgeShape,
    JudgeChangeShape,
    JudgeShape,
    StandingParameters,
    StandingShape,
    VerdictShape,
)
from sessions.api.v1.shapes.operations import Operation, list_of, page_of
from sessions.api.v1.views import Endpoint, ListEndpoint, found_or_404, given_in, json_of
from sessions.judges import making
from sessions.judges.making import Decision, decision_of
from sessions.judges.reasons import NO_SESSION, Standing, standings
from sessions.judges.tasks import judges as judging
from sessions.models import Judge, JudgeVersion, ScoreConfig, Session, Verdict
from tracing.lists.keyset import Order

NEWEST_VERDICTS = Order("verdicts", "created_at", "session_id", DateTimeField(), is_descending=True)
JUDGE_FIELDS_OF_API = (
    "id", "name", "query", "quiet_seconds", "sample_percent", "version", "monthly_cap", "is_on", "is_archived",
    "created_at", "updated_at",
)  # fmt: skip
DECISION_FIELDS_OF_API = ("kind", "rule", "value", "otherwise", "prompt", "model")
SWITCHES = ("is_on", "is_archived")


class JudgeWriting(Endpoint):
    """An endpoint that only admins of a project write to, as only they do on its pages."""

    roles = {**Endpoint.roles, "POST": Role.ADMIN, "PATCH": Role.ADMIN}

    def find(self, judge_id: UUID, *, is_locked: bool = False) -> Judge:
        """Return a judge of the key's project. Raise NotFound."""
        rows = Judge.objects.for_project(self.project)
        found: Judge = found_or_404(rows.select_for_update() if is_locked else rows, id=str(judge_id))
        return found


class JudgesEndpoint(JudgeWriting):
    """The judges of the project."""

    operations = {
        "GET": Operation(says="List judges", answers={200: list_of(JudgeShape)}),
        "POST": Operation(says="Create a judge", takes=GivenJudgeShape, answers={201: JudgeShape}),
    }

    def get(self, request: Request) -> Response:
        """Answer with all of them, by name."""
        refuse_others(request, ())
        rows = list(Judge.objects.for_project(self.project).order_by("name", "id"))
        return Response({"data": shown_judges(self.project.pk, rows)})

    def post(self, request: Request) -> Response:
        """Create a judge that is off. Raise NotAllowed."""
        fields, decided = _parted(given_in(GivenJudgeShape, request))
        judge = making.create(self.project, fields, Decision(**decided), by=self.key)
        return Response(shown_judges(self.project.pk, [judge])[0], status.HTTP_201_CREATED)


class JudgeEndpoint(JudgeWriting):
    """One judge."""

    operations = {
        "GET": Operation(says="Read a judge", answers={200: JudgeShape}),
        "PATCH": Operation(says="Change a judge", takes=JudgeChangeShape, answers={200: JudgeShape}),
    }

    def get(self, request: Request, judge_id: UUID) -> Response:
        """Answer with the judge."""
        refuse_others(request, ())
        return Response(shown_judges(self.project.pk, [self.find(judge_id)])[0])

    @transaction.atomic
    def patch(self, request: Request, judge_id: UUID) -> Response:
        """Change the judge, and then switch it. Raise NotAllowed, and change nothing."""
        given, judge = given_in(JudgeChangeShape, request), self.find(judge_id, is_locked=True)
        switches = {name: given.pop(name) for name in SWITCHES if name in given}
        fields, decided = _parted(given)
        latest = making.latest_version(judge)
        if given:
            decision = Decision(**vars(decision_of(latest)) | decided)
            making.change(self.project, judge, fields, decision, by=self.key)
        if switches.get("is_archived") or switches.get("is_on") is False:
            making.switch_off(self.project, judge, by=self.key, is_archived=switches.get("is_archived", False))
        elif switches.get("is_on"):
            making.switch_on(self.project, judge, making.latest_version(judge).number, by=self.key)
            transaction.on_commit(lambda: judging.wake(self.project.pk), robust=True)
        return Response(shown_judges(self.project.pk, [self.find(judge_id)])[0])


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
    """Return judges as JSON, with the names of their scores and how their latest versions decide."""
    configs = ScoreConfig.objects.for_project(project_id).filter(id__in=[one.config_id for one in judges])
    names = dict(configs.values_list("id", "name"))
    versions = JudgeVersion.objects.for_project(project_id).filter(judge_id__in=[one.id for one in judges])
    latest = {one.judge_id: one for one in versions.order_by("number")}
    return [
        json_of(one, JUDGE_FIELDS_OF_API)
        | json_of(latest[one.id], DECISION_FIELDS_OF_API)
        | {
            "latest_version": latest[one.id].number,
            "score_config_id": one.config_id,
            "score_name": names.get(one.config_id),
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


def _parted(given: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the fields of a judge, and those of how it decides."""
    names = {"score_config_id": "config_id"}
    decided = {name: given[name] for name in DECISION_FIELDS_OF_API if name in given}
    return {names.get(name, name): value for name, value in given.items() if name not in decided}, decided
