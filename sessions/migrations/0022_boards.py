import django.utils.timezone
import uuid
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("llm_sessions", "0021_labels_status_assignee"),
    ]

    operations = [
        migrations.CreateModel(
            name="Board",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "project_id", "id", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("project_id", models.BigIntegerField()),
                ("id", models.UUIDField(default=uuid.uuid4)),
                ("name", models.CharField(max_length=80)),
                ("owner_id", models.BigIntegerField(help_text="Who made it.")),
                ("owner", models.CharField(help_text="Their e-mail address at the time.", max_length=254)),
                (
                    "sharing",
                    models.CharField(
                        choices=[
                            ("private", "Only you"),
                            ("read", "The project reads, you change"),
                            ("edit", "The project changes"),
                        ],
                        default="private",
                        max_length=8,
                    ),
                ),
                (
                    "query_string",
                    models.TextField(blank=True, help_text="The query as the list's address has it, without a '?'."),
                ),
                ("updated_at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                "db_table": "board",
                "indexes": [models.Index(fields=["project_id", "name"], name="board_name")],
            },
        ),
        migrations.CreateModel(
            name="BoardTile",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "project_id", "id", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("project_id", models.BigIntegerField()),
                ("id", models.UUIDField(default=uuid.uuid4)),
                ("board_id", models.UUIDField()),
                ("place", models.IntegerField(help_text="Its place among the tiles of the board.")),
                ("width", models.IntegerField(default=6, help_text="In twelfths of the board.")),
                ("title", models.CharField(blank=True, help_text="Empty: made of its choices.", max_length=80)),
                (
                    "chart",
                    models.CharField(
                        choices=[
                            ("number", "Number"),
                            ("line", "Line"),
                            ("bars", "Bars"),
                            ("ranking", "Ranking"),
                            ("shares", "Shares"),
                            ("heat", "Heat map"),
                            ("sessions", "Sessions"),
                            ("text", "Text"),
                        ],
                        max_length=8,
                    ),
                ),
                ("measure", models.TextField(blank=True, help_text="One of MEASURES, or score:<name>.")),
                (
                    "split",
                    models.CharField(
                        blank=True, help_text="The name of a set of sessions; empty: not split.", max_length=40
                    ),
                ),
                (
                    "query_string",
                    models.TextField(blank=True, help_text="Its query as the list's address has it, without a '?'."),
                ),
                (
                    "span",
                    models.CharField(
                        blank=True, help_text="A range of its own; empty: that of the board.", max_length=8
                    ),
                ),
                ("text", models.TextField(blank=True, help_text="Of a tile that is text.", max_length=2000)),
            ],
            options={
                "db_table": "board_tile",
                "indexes": [models.Index(fields=["project_id", "board_id", "place"], name="board_tile_place")],
            },
        ),
    ]
