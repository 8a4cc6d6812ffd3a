import django.db.models.deletion
from django.db import migrations, models

MODEL = "translationsettings"


def move_content_type(origin: str, target: str):
    """Return a migration step that gives the model's content type, with its permissions and log, to another app.

    A new database has no content types yet: Django adds them after the last migration."""

    def move(apps, schema_editor):
        rows = apps.get_model("contenttypes", "ContentType").objects.using(schema_editor.connection.alias)
        if not rows.filter(app_label=target, model=MODEL).exists():
            rows.filter(app_label=origin, model=MODEL).update(app_label=target)

    return move


class Migration(migrations.Migration):
    """The settings of translation move here from projects (its 0012). The table stays as it is."""

    dependencies = [
        ("contenttypes", "0002_remove_content_type_name"),
        ("llm_sessions", "0016_receipts_without_people"),
        ("projects", "0017_translation_settings_move_up"),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
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
                            models.URLField(
                                blank=True, help_text="The address of a provider that has none of its own."
                            ),
                        ),
                        ("model", models.CharField(blank=True, max_length=120)),
                        (
                            "secret",
                            models.TextField(
                                blank=True,
                                help_text="The provider's key, encrypted by sessions/translation/secrets.py.",
                            ),
                        ),
                        ("daily_characters", models.PositiveIntegerField(default=500000)),
                        (
                            "tool_results",
                            models.BooleanField(
                                default=False, help_text="Whether results of tools are translated, too."
                            ),
                        ),
                        (
                            "consent_by",
                            models.CharField(
                                blank=True, help_text="Who agreed that texts leave this host.", max_length=254
                            ),
                        ),
                        ("consent_at", models.DateTimeField(null=True)),
                    ],
                    options={"db_table": "translation_settings"},
                ),
            ],
        ),
        migrations.RunPython(
            move_content_type("projects", "llm_sessions"), move_content_type("llm_sessions", "projects")
        ),
    ]
