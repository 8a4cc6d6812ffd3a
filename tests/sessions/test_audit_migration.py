"""Rows of the audit log that older releases wrote lose what they should never have held."""

from importlib import import_module

import pytest
from django.apps import apps
from django.db import DatabaseError, connection, transaction

from projects.models import AuditEvent, Project, User
from sessions.models import SavedView
from tracing.store.tombstones import pseudonym_of

pytestmark = pytest.mark.django_db


def old(project: Project, action: str, target: str, **details: object) -> AuditEvent:
    return AuditEvent.objects.create(
        organization_id=project.organization_id, project_id=project.pk, action=action, target=target, details=details
    )


def test_old_rows_keep_ids_and_kinds_alone(project: Project, alice: User) -> None:
    view = SavedView.objects.create(project_id=project.pk, name="of ana", owner_id=alice.pk, owner=alice.email)
    rows = [
        (old(project, "score given", "trace t1", name="n", value="words", before="1"), "trace t1", {"name": "n"}),
        (old(project, "score given", "trace t1", name="n", value="1", before=""), "trace t1", None),
        (old(project, "score given", "trace t1", name="n", value="can't tell"), "trace t1", None),
        (old(project, "comment deleted", "trace t1", author="ana"), "trace t1", {}),
        (old(project, "bulk action", "delete", sessions=2, query="q=ana"), "delete", {"sessions": 2}),
        (old(project, "exported", "format=csv&user_ids=ana", format="csv"), "sessions", None),
        (old(project, "exported", "audit log"), "audit log", None),
        (old(project, "exported", "review of ana", format="csv"), "review queue", None),
        (old(project, "view saved", "of ana", shared=True), view.audited, None),
        (old(project, "view deleted", "gone"), "view", None),
        (old(project, "person erased", "ana"), pseudonym_of(project.pk, "ana"), None),
        (old(project, "project changed", "Support", name_before="ana"), "Support", None),
    ]

    with connection.schema_editor() as editor:
        import_module("sessions.migrations.0015_audit_without_content").blank(apps, editor)

    for event, target, details in rows:
        now = AuditEvent.objects.get(pk=event.pk)
        assert (now.target, now.details) == (target, event.details if details is None else details)
    with pytest.raises(DatabaseError, match="only ever added"), transaction.atomic():
        AuditEvent.objects.update(actor="mallory")
