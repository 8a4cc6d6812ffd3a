import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("llm_sessions", "0027_judge_runs"),
    ]

    operations = [
        migrations.CreateModel(
            name="KeptAnswer",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "project_id", "digest", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("project_id", models.BigIntegerField()),
                ("digest", models.CharField(help_text="Of the API key and its Idempotency-Key.", max_length=64)),
                ("request_digest", models.CharField(help_text="Of method, address and body.", max_length=64)),
                ("status", models.PositiveSmallIntegerField(help_text="Null while the request is at work.", null=True)),
                ("answer", models.TextField(help_text="JSON: its body and its headers.", null=True)),
                (
                    "is_forgotten",
                    models.BooleanField(default=False, help_text="Whether data that it may repeat was erased."),
                ),
                ("begun_at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                "db_table": "kept_answer",
                "indexes": [
                    models.Index(
                        models.F("project_id"),
                        models.OrderBy(models.F("begun_at"), descending=True),
                        name="kept_answer_newest",
                    )
                ],
            },
        ),
    ]
