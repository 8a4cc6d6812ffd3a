import tracing.models.columns
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("tracing", "0007_model_price")]

    operations = [
        migrations.AddField(
            model_name="score",
            name="is_unsure",
            field=models.BooleanField(db_default=False, help_text='"Can\'t tell": looked at, and left out of means.'),
        ),
        migrations.AddField(
            model_name="score",
            name="queue_id",
            field=tracing.models.columns.IdField(
                db_collation="C", help_text="The review queue in which it was given.", max_length=200, null=True
            ),
        ),
        migrations.AddIndex(
            model_name="score",
            index=models.Index(
                models.F("project_id"),
                models.OrderBy(models.F("scored_at"), descending=True),
                models.OrderBy(models.F("id"), descending=True),
                name="score_newest",
            ),
        ),
        migrations.AddIndex(
            model_name="score",
            index=models.Index(fields=["project_id", "name", "scored_at"], name="score_named"),
        ),
    ]
