"""The audit log keeps ids and kinds, and a pseudonym of an erased person."""

from typing import Any

from django.db import migrations

from tracing.store.tombstones import pseudonym_of

CHANGEABLE = "ALTER TABLE audit_event DISABLE TRIGGER audit_event_append_only"
APPEND_ONLY = "ALTER TABLE audit_event ENABLE TRIGGER audit_event_append_only"

# As it was written until now: a score's text, the author of a comment, the filters of exports and jobs, people's names
# for things. A number and "can't tell" may stay.
BLANK = """
UPDATE audit_event SET details = details - 'value' - 'before' WHERE action = 'score given'
    AND NOT (coalesce(details->>'value', '') || coalesce(details->>'before', '')) ~ '^(can''t tell|[0-9.e+-])*$';
UPDATE audit_event SET details = details - 'author' WHERE action = 'comment deleted';
UPDATE audit_event SET details = details - 'query' WHERE action = 'bulk action';
UPDATE audit_event SET target = 'sessions' WHERE action = 'exported' AND target LIKE '%format=%';
UPDATE audit_event SET target = 'review queue' WHERE action = 'exported' AND target LIKE 'review %';
"""
NAMED = """
WITH named AS MATERIALIZED (SELECT project_id, name, min(id::text) AS id FROM {table} GROUP BY project_id, name)
UPDATE audit_event e SET target = '{kind}' || coalesce(' ' || (
    SELECT n.id FROM named n WHERE n.project_id = e.project_id AND n.name = e.target), '')
WHERE e.action IN ({actions}) AND e.target <> 'none' /* every project */;
"""
KINDS = {
    ("view", "saved_view"): ("view saved", "view changed", "view deleted"),
    ("cohort", "cohort"): ("cohort created", "cohort changed", "cohort deleted"),
    ("review queue", "review_queue"): (
        "review queue created", "review queue changed", "review queue deleted", "sessions queued for review",
    ),
}  # fmt: skip


def blank(apps: Any, schema_editor: Any) -> None:
    schema_editor.execute(CHANGEABLE)
    schema_editor.execute(BLANK, params=None)
    for (kind, table), actions in KINDS.items():
        wanted = ", ".join(f"'{action}'" for action in actions)
        schema_editor.execute(NAMED.format(kind=kind, table=table, actions=wanted), params=None)
    events = apps.get_model("projects", "AuditEvent").objects.filter(action="person erased")
    for event in events.exclude(target__startswith="erased-"):
        events.filter(pk=event.pk).update(target=pseudonym_of(event.project_id, event.target))
    schema_editor.execute(APPEND_ONLY)


class Migration(migrations.Migration):
    dependencies = [
        ("llm_sessions", "0014_export_files"),
        ("projects", "0015_audit_by_action"),
    ]

    operations = [migrations.RunPython(blank, migrations.RunPython.noop)]
