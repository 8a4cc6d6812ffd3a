"""Score configs."""

from typing import Any

from django.db.models import QuerySet
from rest_framework.request import Request
from rest_framework.response import Response

from sessions.annotation import configs
from sessions.annotation.configs import NotAllowed
from sessions.api.langfuse.faces import LangfuseList, LangfuseView, One, find_one, stamp, text_of
from sessions.models import ScoreConfig
from tracing.ingest.rest.wires import WireResponse
from tracing.wire.fields import number

CHANGEABLE = ("name", "description", "min_value", "max_value", "categories", "is_archived")


class LangfuseConfigs(LangfuseList):
    """The score configs of the project."""

    words = "configs"

    def get_queryset(self) -> QuerySet[Any]:
        """Return the newest first."""
        return ScoreConfig.objects.for_project(self.project).order_by("-created_at", "id")

    def shaped(self, rows: list[ScoreConfig]) -> list[dict[str, Any]]:
        """Return the configs of a page."""
        return [shape(row) for row in rows]

    def post(self, request: Request) -> Response:
        """Create a config."""
        named = {"name": text_of(self.body, "name"), "data_type": text_of(self.body, "data_type")}
        made = configs.create(self.project, _fields(self.body) | named, by=self.key)
        return WireResponse(One(shape(made), "config"))


class LangfuseConfig(LangfuseView):
    """One score config."""

    def get(self, request: Request, config_id: str) -> Response:
        """Answer with the config."""
        return WireResponse(One(shape(self._find(config_id)), "config"))

    def patch(self, request: Request, config_id: str) -> Response:
        """Change the config."""
        fields = _fields(self.body)
        changed = configs.change(self.project, self._find(config_id), fields, by=self.key)
        return WireResponse(One(shape(changed), "config"))

    def _find(self, config_id: str) -> ScoreConfig:
        found: ScoreConfig = find_one(ScoreConfig.objects.for_project(self.project), "score config", config_id)
        return found


def shape(config: ScoreConfig) -> dict[str, Any]:
    """Return a config as the clients expect it."""
    return {
        "id": config.id,
        "name": config.name,
        "projectId": str(config.project_id),
        "dataType": config.data_type,
        "isArchived": config.is_archived,
        "minValue": config.min_value,
        "maxValue": config.max_value,
        "categories": config.categories or _booleans(config),
        "description": config.description or None,
        "createdAt": stamp(config.created_at),
        "updatedAt": stamp(config.updated_at),
    }


def _booleans(config: ScoreConfig) -> list[dict[str, Any]] | None:
    is_boolean = config.data_type == "BOOLEAN"
    return [{"value": 1.0, "label": "True"}, {"value": 0.0, "label": "False"}] if is_boolean else None


def _fields(body: dict[str, Any]) -> dict[str, Any]:
    """Return what is said of the changeable fields; null is not said."""
    said = {name: body[name] for name in CHANGEABLE if body.get(name) is not None}
    for name in ("name", "description"):
        if name in said:
            said[name] = text_of(said, name)
    for name in ("min_value", "max_value"):
        if name in said:
            said[name] = number(said[name])
            if said[name] is None:
                raise NotAllowed(f"{name}: a number")
    if not isinstance(said.get("is_archived", False), bool):
        raise NotAllowed("is_archived: true or false")
    return said
