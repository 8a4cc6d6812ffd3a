"""Alerts, their firings and their channels in the words of /api/v1."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar
from uuid import UUID

from django.db import transaction
from django.db.models import DateTimeField, QuerySet
from django_filters import FilterSet, UUIDFilter
from rest_framework import status
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from sessions.alerts import channels, making
from sessions.alerts.refusals import AlertRefused
from sessions.api.v1.shapes.alerts import (
    AlertChangeShape,
    AlertShape,
    ChannelShape,
    FiringShape,
    GivenAlertShape,
    GivenChannelShape,
    NewChannelShape,
)
from sessions.api.v1.shapes.operations import Operation, list_of, page_of
from sessions.api.v1.versions import check_match, tagged
from sessions.api.v1.views import Endpoint, ListEndpoint, found_or_404, given_in, json_of
from sessions.models import Alert, AlertChannel, AlertFiring
from tracing.lists.keyset import Order

NEWEST_FIRINGS = Order("firings", "began_at", "id", DateTimeField(), is_descending=True)
FIRING_FIELDS = tuple(map(str, FiringShape().fields))
CHANNEL_FIELDS = tuple(map(str, ChannelShape().fields))
ALERT_FIELDS = tuple(name for name in map(str, AlertShape().fields) if name not in ("query", "among"))

Made = TypeVar("Made")


class AlertsEndpoint(Endpoint):
    """The alerts of the project."""

    operations = {
        "GET": Operation(says="List alerts", answers={200: list_of(AlertShape)}),
        "POST": Operation(says="Create an alert", takes=GivenAlertShape, answers={201: AlertShape}),
    }

    def get(self, request: Request) -> Response:
        """Answer with all of them, by name."""
        return Response(
            {"data": [_alert_json(one) for one in Alert.objects.for_project(self.project).order_by("name")]}
        )

    def post(self, request: Request) -> Response:
        """Create an alert."""
        fields = given_in(GivenAlertShape, request)
        return Response(
            _alert_json(_made(lambda: making.create(self.project, fields, by=self.key))), status.HTTP_201_CREATED
        )


class AlertEndpoint(Endpoint):
    """One alert."""

    operations = {
        "GET": Operation(says="Read an alert", answers={200: AlertShape}),
        "PATCH": Operation(says="Change an alert", takes=AlertChangeShape, answers={200: AlertShape}, matches=True),
        "DELETE": Operation(says="Delete an alert", answers={204: None}),
    }

    def get(self, request: Request, alert_id: UUID) -> Response:
        """Answer with the alert."""
        said = _alert_json(self._find(alert_id))
        return tagged(said, _settings(said))

    @transaction.atomic
    def patch(self, request: Request, alert_id: UUID) -> Response:
        """Change the alert."""
        found, fields = self._find(alert_id, is_locked=True), given_in(AlertChangeShape, request)
        check_match(request, _settings(_alert_json(found)))
        _made(lambda: making.change(self.project, found, fields, by=self.key))
        said = _alert_json(self._find(alert_id))  # as the database rounds it
        return tagged(said, _settings(said))

    def delete(self, request: Request, alert_id: UUID) -> Response:
        """Delete the alert."""
        making.delete(self.project, self._find(alert_id), by=self.key)
        return Response(status=status.HTTP_204_NO_CONTENT)

    def _find(self, alert_id: UUID, *, is_locked: bool = False) -> Alert:
        rows = Alert.objects.for_project(self.project)
        found: Alert = found_or_404(rows.select_for_update() if is_locked else rows, id=str(alert_id))
        return found


class FiringFilters(FilterSet):  # type: ignore[misc]
    """The parameters of the list of firings."""

    alert_id = UUIDFilter()


class FiringsEndpoint(ListEndpoint):
    """What fired, the newest first."""

    operations = {"GET": Operation(says="List firings of alerts", answers={200: page_of(FiringShape)})}

    filterset_class = FiringFilters
    order, fields = NEWEST_FIRINGS, FIRING_FIELDS

    def get_queryset(self) -> QuerySet[Any]:
        """Return all firings."""
        return AlertFiring.objects.for_project(self.project)


class ChannelsEndpoint(Endpoint):
    """The channels of the project's alerts. The secret of a new one is answered once, and not kept."""

    keeps_answers = False

    operations = {
        "GET": Operation(says="List channels of alerts", answers={200: list_of(ChannelShape)}),
        "POST": Operation(says="Create a channel", takes=GivenChannelShape, answers={201: NewChannelShape}),
    }

    def get(self, request: Request) -> Response:
        """Answer with all of them, by name."""
        rows = AlertChannel.objects.for_project(self.project).order_by("name")
        return Response({"data": [json_of(one, CHANNEL_FIELDS) for one in rows]})

    def post(self, request: Request) -> Response:
        """Create a channel."""
        fields = given_in(GivenChannelShape, request)
        channel, secret = _made(lambda: channels.create(self.project, fields, by=self.key))
        return Response(json_of(channel, CHANNEL_FIELDS) | {"secret": secret}, status.HTTP_201_CREATED)


class ChannelEndpoint(Endpoint):
    """One channel."""

    operations = {"DELETE": Operation(says="Delete a channel", answers={204: None})}

    def delete(self, request: Request, channel_id: UUID) -> Response:
        """Delete the channel."""
        found = found_or_404(AlertChannel.objects.for_project(self.project), id=str(channel_id))
        channels.delete(self.project, found, by=self.key)
        return Response(status=status.HTTP_204_NO_CONTENT)


def _made(make: Callable[[], Made]) -> Made:
    try:
        return make()
    except AlertRefused as refusal:
        raise ValidationError({refusal.field or "body": [str(refusal)]}) from refusal


def _alert_json(alert: Alert) -> dict[str, Any]:
    return json_of(alert, ALERT_FIELDS) | {"query": alert.query_text, "among": alert.among_text}


def _settings(said: Mapping[str, Any]) -> dict[str, Any]:
    """Return what programs set of an alert, not how it stands."""
    return {name: said[name] for name in map(str, GivenAlertShape().fields)}
