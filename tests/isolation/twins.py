"""A stranger whose rows have the very ids of the owner's, in every table, and say something else."""

from decimal import Decimal
from typing import Any

from django.apps import apps
from django.db.models import Model

from projects.models import Project
from projects.sqlguard import tenant_tables
from sessions.rollup.session_rows import recompute
from sessions.search.index import index
from tests.isolation.conftest import CANARY
from tests.tracing.reports import at, call, in_session, span
from tracing.ingest.pipeline import ingest
from tracing.records import Kind, ScoreRecord, SpanRecord

TWIN = "cuckoo"  # in the place of each CANARY
KEPT = ("_id", "_ids", "hash")  # ends of columns whose values are references
INDEXED = "tokens"  # the words of a trace, which are made again


def tenant_models() -> list[type[Model]]:
    """Every model whose rows belong to a project."""
    return [model for model in apps.get_models() if model._meta.db_table in tenant_tables()]


def rows_of(project: Project) -> dict[str, list[dict[str, Any]]]:
    """Everything that the project has in the tables of tenants."""
    rows = {model: model._default_manager.filter(project_id=project.pk).values() for model in tenant_models()}
    return {model._meta.db_table: sorted(found, key=repr) for model, found in rows.items()}


def ids_of(project: Project) -> dict[str, set[tuple[Any, ...]]]:
    """The keys of all rows of the project, by table, without the project's own id."""
    found = {}
    for model in tenant_models():
        names = model._meta.pk.field_names[1:]  # type: ignore[union-attr]
        found[model._meta.db_table] = set(model._default_manager.filter(project_id=project.pk).values_list(*names))
    return found


def copy_rows(owner: Project, stranger: Project) -> None:
    """Give the stranger every row of the owner, with other words and numbers."""
    for model in tenant_models():
        keys = set(model._meta.pk.field_names)  # type: ignore[union-attr]
        rows = []
        for row in model._default_manager.filter(project_id=owner.pk):
            values = {f.attname: getattr(row, f.attname) for f in model._meta.local_concrete_fields}
            changed = {name: v if name in keys or name.endswith(KEPT) else other(v) for name, v in values.items()}
            rows.append(model(**changed | {"project_id": stranger.pk}))
        model._default_manager.bulk_create(rows)
    texts = apps.get_model("llm_sessions", "TraceText")._default_manager.filter(project_id=stranger.pk)
    trace_ids = list(texts.values_list("trace_id", flat=True))
    texts.delete()
    index(stranger.pk, trace_ids)
    ingest(stranger.pk, more_reports())
    recompute(stranger.pk, ["s1"])


def more_reports() -> list[SpanRecord | ScoreRecord]:
    """What the owner has no like of: a second trace of the session and scores under another name."""
    claims = in_session("s1", user_id=f"{TWIN}-user", tags=[TWIN], environment=TWIN, release=TWIN)
    said = {"input": f"{TWIN} asks", "output": f"{TWIN} says"}
    return [
        call("t2", "a", model=f"{TWIN}-model", claims=claims, started_at=at(-99), ended_at=at(99), **said),
        span("t2", "b", "a", kind=Kind.TOOL, name=f"{TWIN}-tool"),
        ScoreRecord(f"{TWIN}-1", f"{TWIN}-of-trace", "NUMERIC", 7.0, trace_id="t1", scored_at=at(3)),
        ScoreRecord(f"{TWIN}-2", f"{TWIN}-of-session", "CATEGORICAL", None, TWIN, session_id="s1", scored_at=at(3)),
    ]


def other(value: Any) -> Any:
    """Another value of the same kind and shape: words are the twin's, numbers are higher."""
    if isinstance(value, str):
        return value.replace(CANARY, TWIN)
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal | list | dict):
        return value
    if isinstance(value, list):
        return [other(part) for part in value]
    if isinstance(value, dict):
        return {other(name): other(part) for name, part in value.items()}
    return value * 2 + 1
