from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("tracing", "0008_scores_as_annotations")]

    operations = [
        migrations.AlterField(
            model_name="dirtymark",
            name="target",
            field=models.CharField(
                choices=[
                    ("session", "Session"),
                    ("trace", "Trace"),
                    ("hour", "Hour"),
                    ("day", "Day"),
                    ("text", "Text"),
                ],
                max_length=8,
            ),
        ),
    ]
