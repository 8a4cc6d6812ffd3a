from django.db import migrations, models


class Migration(migrations.Migration):
    """When each job last ended without an error, which its failures must not hide."""

    dependencies = [("projects", "0019_reading_and_browsers")]

    operations = [
        migrations.AddField(
            model_name="jobrun",
            name="succeeded_at",
            field=models.DateTimeField(help_text="When a run last ended without an error.", null=True),
        ),
    ]
