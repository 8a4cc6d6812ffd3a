"""Deletes a project, or an organization with all its projects.

It is closed to everybody at once, emptied by a worker in small transactions, and deleted last. Every step can be killed
and repeated. The project's row goes when every request that was admitted before must have ended, so that no request can
leave rows behind."""

import math
import time
from datetime import timedelta
from typing import Any

from django.apps import apps
from django.db import connection, models, transaction
from django.dispatch import Signal
from django.utils import timezone
from django.utils.text import get_text_list

from projects.models import Organization, Project, ProjectDeletion, User
from projects.sqlguard import tenant_tables

LONGEST_REQUEST_TIME = timedelta(seconds=60)
ROWS_AT_ONCE = 5000

# Sent with `project_id` when all rows are deleted, so that receivers delete files and other data outside the database.
project_rows_deleted = Signal()
# Sent with `project_id` before people are asked. Receivers return what the project holds, such as `3 sessions`.
contents_asked = Signal()


@transaction.atomic
def begin(project: Project, *, by: User) -> ProjectDeletion:
    """Close the project: from the commit on, no key is valid and nobody can open it.

    Raises Project.DoesNotExist if its deletion has already begun."""
    Project.objects.select_for_update().get(pk=project.pk, deleted_at=None)
    project.deleted_at = timezone.now()
    project.save(update_fields=["deleted_at"])
    return ProjectDeletion.objects.create(
        organization_id=project.organization_id, project_id=project.pk, name=project.name, requested_by=by.email
    )


@transaction.atomic
def begin_organization(organization: Organization, *, by: User) -> list[ProjectDeletion]:
    """Close the organization and its projects. It is deleted when its last project is gone."""
    organization.deleted_at = timezone.now()
    organization.save(update_fields=["deleted_at"])
    organization.invitations.all().delete()
    begun = [begin(project, by=by) for project in organization.projects.filter(deleted_at=None)]
    delete_empty_organizations()
    return begun


def delete_empty_organizations() -> None:
    """Delete the closed organizations that have no more projects."""
    Organization.objects.filter(deleted_at__isnull=False, projects=None).delete()


def find_contents(project: Project) -> str:
    """Return how much the deletion would delete, as words."""
    answers: list[tuple[Any, Any]] = contents_asked.send(None, project_id=project.pk)
    return str(get_text_list([phrase for _, phrases in answers for phrase in phrases], "and"))


def unfinished() -> list[int]:
    """Return the ids of the projects that are being deleted."""
    return list(ProjectDeletion.objects.filter(finished_at=None).values_list("project_id", flat=True))


def proceed(project_id: int, until: float = math.inf) -> bool:
    """Delete all rows and then the project, unless a late request might still write.

    Return true if the time `until` (of `time.monotonic`) came before the end."""
    deletion = ProjectDeletion.objects.get(project_id=project_id)
    tables = [model for model in apps.get_models() if model._meta.db_table in tenant_tables()]
    if not deletion.expected_rows:
        deletion.expected_rows = sum(_rows(model, project_id) for model in tables)
        deletion.save(update_fields=["expected_rows"])
    for model in tables:
        while count := _delete_some(model, project_id):
            table = model._meta.db_table
            deletion.deleted_rows[table] = deletion.deleted_rows.get(table, 0) + count
            deletion.save(update_fields=["deleted_rows"])
            if time.monotonic() >= until:
                return True
    if timezone.now() - deletion.requested_at > LONGEST_REQUEST_TIME:
        _finish(deletion)
    return False


def _rows(model: type[models.Model], project_id: int) -> int:
    return model._default_manager.filter(project_id=project_id).count()


def _delete_some(model: type[models.Model], project_id: int) -> int:
    """Delete the first rows in the order of the primary key, whose index finds them. Return their number."""
    table = connection.ops.quote_name(model._meta.db_table)
    columns = ", ".join(_key_columns(model))
    params: dict[str, Any] = {"project": project_id, "rows": ROWS_AT_ONCE}
    with transaction.atomic(), connection.cursor() as cursor:
        where = f"FROM {table} WHERE project_id = %(project)s"
        cursor.execute(f"SELECT {columns} {where} ORDER BY {columns} OFFSET %(rows)s LIMIT 1", params)
        end = {f"end{place}": value for place, value in enumerate(cursor.fetchone() or ())}
        before = f"AND ({columns}) < ({', '.join(f'%({name})s' for name in end)})" if end else ""
        cursor.execute(f"DELETE {where} {before}", params | end)
        return int(cursor.rowcount)


def _key_columns(model: type[models.Model]) -> list[str]:
    key: Any = model._meta.pk
    return [field.column for field in key.fields]


@transaction.atomic
def _finish(deletion: ProjectDeletion) -> None:
    project_rows_deleted.send(sender=ProjectDeletion, project_id=deletion.project_id)
    Project.objects.filter(pk=deletion.project_id).delete()
    deletion.finished_at = timezone.now()
    deletion.save(update_fields=["finished_at"])
    delete_empty_organizations()
