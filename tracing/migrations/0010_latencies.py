from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("tracing", "0009_search_marks")]

    operations = [
        migrations.AddField(
            model_name="trace",
            name="latencies",
            field=models.JSONField(
                default=dict,
                db_default={},
                help_text="How long its model calls took: counts by slot (tracing/store/latency.py).",
            ),
        ),
        migrations.AddField(
            model_name="activity",
            name="latencies",
            field=models.JSONField(
                default=dict,
                db_default={},
                help_text="How long the model calls of sessions took, of all models together: the traces' counts,"
                " added up.",
            ),
        ),
    ]
