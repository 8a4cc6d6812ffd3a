import tracing.models.columns
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("tracing", "0014_unmeasured_calls"),
    ]

    operations = [
        migrations.AlterField(
            model_name="tombstone",
            name="kind",
            field=models.CharField(
                choices=[
                    ("trace", "Trace"),
                    ("session", "Session"),
                    ("person", "Person"),
                    ("past", "The past of a session that had only traces of an erased person"),
                    ("span", "A span that has comments, but no stored trace"),
                ],
                max_length=8,
            ),
        ),
        migrations.AlterField(
            model_name="trace",
            name="claims",
            field=models.JSONField(default=dict, help_text="What was reported about the trace outside any span."),
        ),
        migrations.AlterField(
            model_name="trace",
            name="input_span_id",
            field=tracing.models.columns.IdField(
                db_collation="C",
                help_text="The span whose input is the trace's; null if there is none, or a claim has it.",
                max_length=200,
                null=True,
            ),
        ),
        migrations.AlterField(
            model_name="trace",
            name="rollup_due",
            field=models.BooleanField(
                default=False, help_text="Too large to sum up while storing, so the worker does it."
            ),
        ),
    ]
