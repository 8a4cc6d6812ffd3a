import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("projects", "0011_preferences")]

    operations = [
        migrations.CreateModel(
            name="TranslationSettings",
            fields=[
                (
                    "project",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="projects.project",
                    ),
                ),
                (
                    "provider",
                    models.CharField(
                        blank=True,
                        default="embedded",
                        help_text="One of sessions/translation/registry.py; empty: off.",
                        max_length=40,
                    ),
                ),
                (
                    "base_url",
                    models.URLField(blank=True, help_text="Where a provider listens that has no address of its own."),
                ),
                ("model", models.CharField(blank=True, max_length=120)),
                (
                    "secret",
                    models.TextField(
                        blank=True, help_text="The provider's key, encrypted by sessions/translation/secrets.py."
                    ),
                ),
                ("daily_characters", models.PositiveIntegerField(default=500000)),
                (
                    "tool_results",
                    models.BooleanField(default=False, help_text="Whether the answers of tools are translated too."),
                ),
                (
                    "consent_by",
                    models.CharField(blank=True, help_text="Who agreed that texts leave this host.", max_length=254),
                ),
                ("consent_at", models.DateTimeField(null=True)),
            ],
            options={"db_table": "translation_settings"},
        ),
    ]
