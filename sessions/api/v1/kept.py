"""What people keep for a project beside its data: saved views, and prices of its own."""

from django.db.models import Q
from rest_framework.request import Request
from rest_framework.response import Response

from sessions.api.v1.parameters import refuse_others
from sessions.api.v1.shapes.operations import Operation, list_of
from sessions.api.v1.shapes.work import PriceShape, SavedViewShape
from sessions.api.v1.views import Endpoint, json_of
from sessions.models import SavedView
from tracing.models import ModelPrice

SAVED_VIEW_FIELDS = ("id", "name", "query", "columns", "is_shared", "is_default", "owner", "updated_at")
API_PRICE_FIELDS = (
    "id", "pattern", "starts_on", "above_input_tokens", "input_price", "output_price", "cached_price",
    "cache_write_price",
)  # fmt: skip


class SavedViewsEndpoint(Endpoint):
    """The saved views that the key may see."""

    operations = {"GET": Operation(says="List saved views", answers={200: list_of(SavedViewShape)})}

    def get(self, request: Request) -> Response:
        """Answer with the shared views, and with a person's own ones if the key is theirs."""
        refuse_others(request, ())
        own = Q(owner_id=self.key.owner_id) if self.key.owner_id else Q()
        rows = SavedView.objects.for_project(self.project).filter(Q(is_shared=True) | own if own else Q(is_shared=True))
        data = [json_of(row, SAVED_VIEW_FIELDS) | {"id": str(row.id)} for row in rows.order_by("name", "id")]
        return Response({"data": data})


class PricesEndpoint(Endpoint):
    """The prices that the project set itself."""

    operations = {"GET": Operation(says="List prices of models", answers={200: list_of(PriceShape)})}

    def get(self, request: Request) -> Response:
        """Answer with the project's own prices, which take precedence over the price list."""
        refuse_others(request, ())
        rows = ModelPrice.objects.for_project(self.project).order_by("pattern", "starts_on", "above_input_tokens", "id")
        data = [
            json_of(row, API_PRICE_FIELDS) | {"starts_on": row.starts_on.isoformat() if row.starts_on else None}
            for row in rows
        ]
        return Response({"data": data})
