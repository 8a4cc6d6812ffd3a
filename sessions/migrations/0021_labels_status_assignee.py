from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import migrations, models

STATUSES = [("", "No status"), ("open", "Open"), ("resolved", "Resolved")]


class Migration(migrations.Migration):
    dependencies = [("llm_sessions", "0020_turn_count")]

    operations = [
        migrations.AddField(
            model_name="sessionstate",
            name="status",
            field=models.CharField(blank=True, choices=STATUSES, db_default="", default="", max_length=8),
        ),
        migrations.AddField(
            model_name="sessionstate",
            name="assignee_id",
            field=models.BigIntegerField(help_text="The member who takes care of the session.", null=True),
        ),
        migrations.AddField(
            model_name="sessionstate",
            name="labels",
            field=ArrayField(models.TextField(), db_default=[], default=list, help_text="Sorted, and distinct."),
        ),
        migrations.AddIndex(
            model_name="sessionstate",
            index=models.Index(
                condition=~models.Q(status=""),
                fields=["project_id", "status", "session_id"],
                name="session_state_status",
            ),
        ),
        migrations.AddIndex(
            model_name="sessionstate",
            index=models.Index(
                condition=models.Q(assignee_id__isnull=False),
                fields=["project_id", "assignee_id", "session_id"],
                name="session_state_assignee",
            ),
        ),
        migrations.AddIndex(
            model_name="sessionstate",
            index=models.Index(
                "project_id",
                models.F("updated_at").desc(),
                condition=~models.Q(labels=[]),
                name="session_state_labelled",
            ),
        ),
        migrations.AddIndex(
            model_name="sessionstate", index=GinIndex("project_id", "labels", name="session_state_labels")
        ),
    ]
