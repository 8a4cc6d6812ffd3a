from django.contrib.postgres.indexes import GinIndex
from django.db import migrations, models

from projects.migrating import BuildIndex, UpdateInBatches

UNMEASURED_ORDER = ("project_id", models.F("unmeasured_count").desc(), models.F("session_id").desc())
TURNS_ORDER = ("project_id", models.F("turn_count").desc(), models.F("session_id").desc())


class Migration(migrations.Migration):
    """What was stored before 0020 had one turn for each trace; and the indexes of the columns of 0019 to 0021."""

    atomic = False
    dependencies = [("llm_sessions", "0022_boards")]

    operations = [
        UpdateInBatches(
            "session",
            key="project_id, session_id",
            changes="turn_count = trace_count",
            where="turn_count = 0 AND trace_count > 0",
        ),
        BuildIndex(model_name="session", index=models.Index(*UNMEASURED_ORDER, name="session_unmeasured")),
        BuildIndex(model_name="session", index=models.Index(*TURNS_ORDER, name="session_turns")),
        BuildIndex(
            model_name="sessionstate",
            index=models.Index(
                condition=~models.Q(status=""),
                fields=["project_id", "status", "session_id"],
                name="session_state_status",
            ),
        ),
        BuildIndex(
            model_name="sessionstate",
            index=models.Index(
                condition=models.Q(assignee_id__isnull=False),
                fields=["project_id", "assignee_id", "session_id"],
                name="session_state_assignee",
            ),
        ),
        BuildIndex(
            model_name="sessionstate",
            index=models.Index(
                "project_id",
                models.F("updated_at").desc(),
                condition=~models.Q(labels=[]),
                name="session_state_labelled",
            ),
        ),
        BuildIndex(model_name="sessionstate", index=GinIndex("project_id", "labels", name="session_state_labels")),
    ]
