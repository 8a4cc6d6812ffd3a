import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("tracing", "0021_open_runs")]

    operations = [
        migrations.AddField(
            model_name="ingestionissue",
            name="trace_ids",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.TextField(), db_default=[], default=list, help_text="The latest traces with it."
            ),
        ),
        migrations.CreateModel(
            name="IssueDay",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "project_id", "day", "reason", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("project_id", models.BigIntegerField()),
                ("day", models.DateField()),
                ("reason", models.CharField(max_length=40)),
                ("count", models.BigIntegerField(default=0)),
            ],
            options={"db_table": "issue_day"},
        ),
    ]
