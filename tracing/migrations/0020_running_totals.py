from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("tracing", "0019_doubtful_sums"),
    ]

    operations = [
        migrations.AddField(
            model_name="trace",
            name="run_reports",
            field=models.JSONField(
                null=True,
                help_text="What spans above model calls report, and what these calls report (tracing/store/running_totals.py).",
            ),
        ),
        migrations.AddField(
            model_name="trace",
            name="has_open_run",
            field=models.BooleanField(
                db_default=False,
                default=False,
                help_text="Some of these reports may be running totals over several traces.",
            ),
        ),
        migrations.AddField(
            model_name="trace",
            name="earlier_use",
            field=models.JSONField(
                null=True,
                help_text="What running totals of this trace repeat of traces before it (tracing/store/earlier.py).",
            ),
        ),
    ]
