import django.db.models
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("tracing", "0012_media_created")]

    operations = [
        migrations.CreateModel(
            name="Tombstone",
            fields=[
                (
                    "pk",
                    django.db.models.CompositePrimaryKey(
                        "project_id", "kind", "hash", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("project_id", models.BigIntegerField()),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("trace", "Trace"),
                            ("session", "Session"),
                            ("person", "Person"),
                            ("past", "The past of a session of which an erased person's traces were all"),
                            ("span", "A span that was commented without its trace"),
                        ],
                        max_length=8,
                    ),
                ),
                ("hash", models.BinaryField(help_text="16 bytes of HMAC-SHA-256 (tracing/store/tombstones.py).")),
                ("erased_at", models.DateTimeField()),
            ],
            options={"db_table": "tombstone"},
        ),
    ]
