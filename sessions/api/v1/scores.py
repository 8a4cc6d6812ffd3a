"""Scores in the words of /api/v1."""

from typing import Any

from django.db.models import DateTimeField, QuerySet
from rest_framework.request import Request
from rest_framework.response import Response

from projects.models import Project, Role
from sessions.annotation.configs import NotAllowed
from sessions.api.filtering import equalities
from sessions.api.v1.shapes.annotation import GivenScoreShape, ScoreShape
from sessions.api.v1.shapes.operations import Operation, page_of
from sessions.api.v1.views import Endpoint, ListEndpoint, found_or_404, json_of
from tracing.ingest.intake import slot
from tracing.ingest.pipeline import ingest
from tracing.ingest.score_configs import configs_of
from tracing.lists.keyset import Order
from tracing.models import Score
from tracing.records import Reason
from tracing.store.scored import delete_score
from tracing.wire.scores import score_of

NEWEST_SCORES = Order("scores", "scored_at", "id", DateTimeField(), is_descending=True)
SCORE_FIELDS = (
    "id", "name", "data_type", "value", "string_value", "is_unsure", "session_id", "trace_id", "span_id", "source",
    "author_id", "comment", "metadata", "environment", "config_id", "queue_id", "scored_at", "created_at", "updated_at",
)  # fmt: skip


class ScoresEndpoint(ListEndpoint):
    """The scores of the project, the newest first."""

    operations = {
        "GET": Operation(says="List scores", answers={200: page_of(ScoreShape)}),
        "POST": Operation(says="Write a score", takes=GivenScoreShape, answers={200: ScoreShape}),
    }

    filterset_class = equalities(
        "name", "session_id", "trace_id", "span_id", "source", "config_id", "queue_id", "data_type"
    )
    order, fields = NEWEST_SCORES, SCORE_FIELDS

    def get_queryset(self) -> QuerySet[Any]:
        """Return all scores."""
        return Score.objects.for_project(self.project)

    def post(self, request: Request) -> Response:
        """Write a score, or replace the one with its `id`. Its author is the person whose key it is, if it is one's.

        What cannot be stored of its texts is replaced."""
        with slot(self.project):
            score = score_of(self.body, configs_of(self.project.pk, [self.body]))
            score.author_id = self.key.owner_id
            found = ingest(self.project.pk, [score])
        if refused := [issue for issue in found if issue.reason is not Reason.TEXT_CUT]:
            raise NotAllowed(f"score: {refused[-1].reason}: {refused[-1].sample}")
        return Response(json_of(_find(self.project, score.id), SCORE_FIELDS))


class ScoreEndpoint(Endpoint):
    """One score."""

    roles = {**Endpoint.roles, "DELETE": Role.ADMIN}  # it may be anybody's
    operations = {
        "GET": Operation(says="Read a score", answers={200: ScoreShape}),
        "DELETE": Operation(says="Delete a score", answers={200: ScoreShape}),
    }

    def get(self, request: Request, score_id: str) -> Response:
        """Answer with the score."""
        return Response(json_of(_find(self.project, score_id), SCORE_FIELDS))

    def delete(self, request: Request, score_id: str) -> Response:
        """Delete the score, and answer with it."""
        found = _find(self.project, score_id)
        delete_score(self.project, found.id, by=self.key)
        return Response(json_of(found, SCORE_FIELDS))


def _find(project: Project, score_id: str) -> Score:
    found: Score = found_or_404(Score.objects.for_project(project), id=score_id)
    return found
