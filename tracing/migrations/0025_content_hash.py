from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("tracing", "0024_watch_marks"),
    ]

    operations = [
        migrations.AddField(
            model_name="trace",
            name="content_hash",
            field=models.BigIntegerField(
                help_text="Of all its spans' texts: tells whether it still says the same.", null=True
            ),
        ),
    ]
