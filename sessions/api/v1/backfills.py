"""Backfills of judges and their price, in the words of /api/v1."""

from typing import Any
from uuid import UUID

from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from sessions.annotation.configs import NotAllowed
from sessions.api.v1.judges import JudgeWriting
from sessions.api.v1.parameters import refuse_others
from sessions.api.v1.shapes.judges import BackfillParameters, BackfillPriceShape, BackfillShape, GivenBackfillShape
from sessions.api.v1.shapes.operations import Operation, list_of
from sessions.api.v1.views import given_in, json_of
from sessions.conversations.representation import plain
from sessions.judges import runs
from sessions.judges.loading import Bench, load_bench
from sessions.judges.tasks import judges as judging
from sessions.models import JudgeRun

SHOWN_BACKFILLS = 50
BACKFILL_FIELDS = (
    "id", "version", "query", "sample_percent", "expected_count", "expected_cost", "requested_at", "finished_at",
)  # fmt: skip
BACKFILL_PRICE_FIELDS = tuple(map(str, BackfillPriceShape().fields))


class BackfillPriceEndpoint(JudgeWriting):
    """The price of a backfill."""

    operations = {
        "GET": Operation(says="Price a backfill", parameters=BackfillParameters, answers={200: BackfillPriceShape})
    }

    def get(self, request: Request, judge_id: UUID) -> Response:
        """Answer with what it would judge and cost now. Raise NotAllowed."""
        refuse_others(request, ("query", "sample_percent"))
        asked = BackfillParameters(data=request.query_params)
        asked.is_valid(raise_exception=True)
        bench = _bench(self, judge_id)
        run = runs.draft(bench, runs.BACKFILL, **asked.validated_data)
        return Response(json_of(runs.price(self.project, bench, run), BACKFILL_PRICE_FIELDS))


class BackfillsEndpoint(JudgeWriting):
    """The backfills of a judge."""

    operations = {
        "GET": Operation(says="List backfills", answers={200: list_of(BackfillShape)}),
        "POST": Operation(says="Order a backfill", takes=GivenBackfillShape, answers={201: BackfillShape}),
    }

    def get(self, request: Request, judge_id: UUID) -> Response:
        """Answer with the last ones, the newest first."""
        refuse_others(request, ())
        judge = self.find(judge_id)
        found = JudgeRun.objects.for_project(self.project).filter(judge_id=judge.id, purpose=runs.BACKFILL)
        return Response({"data": [_shown(one) for one in found.order_by("-requested_at")[:SHOWN_BACKFILLS]]})

    def post(self, request: Request, judge_id: UUID) -> Response:
        """Order one by the version in force. Raise NotAllowed."""
        fields, bench = given_in(GivenBackfillShape, request), _bench(self, judge_id)
        run = runs.begin(self.project, bench, runs.draft(bench, runs.BACKFILL, **fields), by=self.key)
        judging.wake(self.project.pk)
        return Response(_shown(run), status.HTTP_201_CREATED)


def _bench(view: JudgeWriting, judge_id: UUID) -> Bench:
    bench = load_bench(view.find(judge_id))
    if bench is None:
        raise NotAllowed(runs.NOT_ON)
    return bench


def _shown(run: JudgeRun) -> dict[str, Any]:
    told = runs.progress_of(run)
    return json_of(run, BACKFILL_FIELDS) | {
        "state": str(run.state),
        "done_count": told["done"],
        "failed_count": told["failed"],
        "cost": plain(told["cost"]),
        "error": run.error or told["pause"],
    }
