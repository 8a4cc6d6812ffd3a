from django.contrib.postgres.fields import ArrayField
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
    ]
