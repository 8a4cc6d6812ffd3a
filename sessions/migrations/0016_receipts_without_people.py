"""Receipts name an erased person by a pseudonym and finished jobs name no sessions; what was deleted lately gets its
tombstone."""

from typing import Any

from django.db import migrations
from django.utils import timezone

from tracing.store.tombstones import TOMBSTONE_LIFETIME, TombstoneKind, bury, pseudonym_of

FINISHED = "UPDATE bulk_job SET session_ids = NULL, last_id = '' WHERE finished_at IS NOT NULL"


def forget(apps: Any, schema_editor: Any) -> None:
    Erasure = apps.get_model("llm_sessions", "Erasure")
    for erasure in Erasure.objects.all():
        if erasure.requested_at > timezone.now() - TOMBSTONE_LIFETIME:
            bury(erasure.project_id, TombstoneKind(erasure.subject), [erasure.key], erasure.requested_at)
        if erasure.subject == "person" and erasure.finished_at is not None:
            name = pseudonym_of(erasure.project_id, erasure.key)
            Erasure.objects.filter(project_id=erasure.project_id, id=erasure.id).update(key=name)


class Migration(migrations.Migration):
    dependencies = [("llm_sessions", "0015_audit_without_content"), ("tracing", "0013_tombstone")]

    operations = [
        migrations.RunSQL(FINISHED, migrations.RunSQL.noop),
        migrations.RunPython(forget, migrations.RunPython.noop),
    ]
