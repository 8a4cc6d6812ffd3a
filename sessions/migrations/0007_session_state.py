import django.utils.timezone
from django.db import migrations, models

import tracing.models.columns


class Migration(migrations.Migration):
    dependencies = [("llm_sessions", "0006_listing_indexes")]

    operations = [
        migrations.CreateModel(
            name="SessionState",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "project_id", "session_id", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("project_id", models.BigIntegerField()),
                ("session_id", tracing.models.columns.IdField(db_collation="C", max_length=200)),
                (
                    "title",
                    models.CharField(blank=True, help_text="Empty keeps the title that traces give.", max_length=200),
                ),
                ("is_bookmarked", models.BooleanField(default=False)),
                ("note", models.TextField(blank=True, max_length=10000)),
                (
                    "updated_by",
                    models.CharField(blank=True, help_text="E-mail address of who changed it last.", max_length=254),
                ),
                ("updated_at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                "db_table": "session_state",
                "indexes": [
                    models.Index(
                        condition=models.Q(is_bookmarked=True),
                        fields=["project_id", "session_id"],
                        name="session_state_bookmarked",
                    )
                ],
            },
        ),
    ]
