import projects.models.tenants
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("projects", "0017_translation_settings_move_up"),
    ]

    operations = [
        migrations.AlterField(
            model_name="invitation",
            name="is_mailed",
            field=models.BooleanField(
                db_default=False, default=False, help_text="Whether the link was only sent by mail to the address."
            ),
        ),
        migrations.AlterField(
            model_name="organization",
            name="deleted_at",
            field=models.DateTimeField(
                blank=True,
                help_text="When it was closed to everybody. Its projects are being deleted since then.",
                null=True,
            ),
        ),
        migrations.AlterField(
            model_name="project",
            name="archived_at",
            field=models.DateTimeField(blank=True, help_text="When the project stopped accepting data.", null=True),
        ),
        migrations.AlterField(
            model_name="project",
            name="deleted_at",
            field=models.DateTimeField(
                blank=True,
                help_text="When it was closed to everybody. Its rows are being deleted since then.",
                null=True,
            ),
        ),
        migrations.AlterField(
            model_name="project",
            name="monthly_span_quota",
            field=models.PositiveBigIntegerField(
                blank=True,
                help_text="Spans per month (UTC) after which SDKs are refused; empty means no limit.",
                null=True,
            ),
        ),
        migrations.AlterField(
            model_name="project",
            name="retention_days",
            field=models.PositiveIntegerField(
                blank=True,
                help_text="Days from the arrival of a trace to its deletion; empty keeps all traces.",
                null=True,
            ),
        ),
        migrations.AlterField(
            model_name="project",
            name="session_quiet_minutes",
            field=models.PositiveIntegerField(
                blank=True,
                help_text="Minutes from its last span until a session is idle; empty for the server's setting.",
                null=True,
            ),
        ),
        migrations.AlterField(
            model_name="project",
            name="time_zone",
            field=models.CharField(
                default="UTC",
                help_text="The zone of days and hours on pages.",
                max_length=64,
                validators=[projects.models.tenants.known_time_zone],
            ),
        ),
    ]
