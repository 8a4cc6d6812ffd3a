import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


# Whose a session is stands in its data, which SQL cannot read: its next request says it.
KEEP_SESSIONS_SQL = """
INSERT INTO browser_session (session_key, session_data, expire_date, agent, began_at, seen_at)
SELECT session_key, session_data, expire_date, '', now(), now() FROM django_session WHERE expire_date > now()
"""


class Migration(migrations.Migration):
    """How people read, how others see them, and the browsers in which they are signed in, with the sessions of before."""

    dependencies = [
        ("projects", "0018_plain_help_texts"),
        ("sessions", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="user",
            name="avatar_hue",
            field=models.PositiveSmallIntegerField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="user",
            name="density",
            field=models.CharField(
                blank=True,
                choices=[("", "Comfortable"), ("compact", "Compact")],
                db_default="",
                default="",
                max_length=10,
            ),
        ),
        migrations.AddField(
            model_name="user",
            name="landing",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="projects.project",
            ),
        ),
        migrations.AddField(
            model_name="user",
            name="notation",
            field=models.CharField(
                blank=True,
                choices=[
                    ("", "27 Nov 2026, 14:05 and 1,284.50"),
                    ("european", "27/11/2026, 14:05 and 1.284,50"),
                    ("iso", "2026-11-27, 14:05 and 1\xa0284.50"),
                ],
                db_default="",
                default="",
                max_length=10,
            ),
        ),
        migrations.AddField(
            model_name="user",
            name="theme",
            field=models.CharField(
                blank=True,
                choices=[("", "As the system"), ("light", "Light"), ("dark", "Dark")],
                db_default="",
                default="",
                max_length=10,
            ),
        ),
        migrations.AddField(
            model_name="user",
            name="time_zone",
            field=models.CharField(blank=True, db_default="", default="", max_length=64),
        ),
        migrations.CreateModel(
            name="BrowserSession",
            fields=[
                (
                    "session_key",
                    models.CharField(max_length=40, primary_key=True, serialize=False, verbose_name="session key"),
                ),
                ("session_data", models.TextField(verbose_name="session data")),
                ("expire_date", models.DateTimeField(db_index=True, verbose_name="expire date")),
                ("agent", models.CharField(blank=True, max_length=300)),
                ("ip", models.GenericIPAddressField(null=True)),
                ("began_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("seen_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="browsers",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "session",
                "verbose_name_plural": "sessions",
                "db_table": "browser_session",
                "abstract": False,
            },
        ),
        migrations.RunSQL(KEEP_SESSIONS_SQL, migrations.RunSQL.noop),
    ]
