from django.db import migrations, models


class Migration(migrations.Migration):
    """How far an erasure has looked through spans, so that the next slice goes on there."""

    dependencies = [("llm_sessions", "0012_days_of_dashboards")]

    operations = [
        migrations.AddField(
            "erasure",
            "scanned_to",
            models.DateField(null=True, help_text="The last day whose spans were looked through for a person."),
        ),
    ]
