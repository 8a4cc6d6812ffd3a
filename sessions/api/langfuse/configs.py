"""Score configs."""

from typing import Any

from django.http import HttpRequest

from projects.models import Project
from sessions.annotation import configs
from sessions.annotation.configs import NotAllowed
from sessions.api.langfuse.faces import Many, One, body_of, key_of, one_of, page_of, stamp, text_of
from sessions.models import ScoreConfig
from tracing.wire.fields import number

CHANGEABLE = ("name", "description", "min_value", "max_value", "categories", "is_archived")


def listed(request: HttpRequest, project: Project) -> Many:
    rows = ScoreConfig.objects.for_project(project).order_by("-created_at", "id")
    return page_of(request, rows, "configs", lambda found: map(shape, found))


def create(request: HttpRequest, project: Project) -> One:
    body = body_of(request)
    fields = _fields(body) | {"name": text_of(body, "name"), "data_type": text_of(body, "data_type")}
    return One(shape(configs.create(project, fields, by=key_of(request))), "config")


def one(request: HttpRequest, project: Project, config_id: str) -> One:
    return One(shape(_find(project, config_id)), "config")


def change(request: HttpRequest, project: Project, config_id: str) -> One:
    fields = _fields(body_of(request))
    return One(shape(configs.change(project, _find(project, config_id), fields, by=key_of(request))), "config")


def shape(config: ScoreConfig) -> dict[str, Any]:
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


def _find(project: Project, config_id: str) -> ScoreConfig:
    found: ScoreConfig = one_of(ScoreConfig.objects.for_project(project), "score config", config_id)
    return found


def _fields(body: dict[str, Any]) -> dict[str, Any]:
    """What is said of the changeable fields; null is not said."""
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
