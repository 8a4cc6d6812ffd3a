from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("projects", "0002_key_scopes_and_expiry")]

    operations = [
        migrations.AddField(
            model_name="project",
            name="archived_at",
            field=models.DateTimeField(blank=True, help_text="Since when it takes no more data.", null=True),
        ),
        migrations.AddField(
            model_name="project",
            name="deleted_at",
            field=models.DateTimeField(
                blank=True, help_text="Since when nobody can open it, while its rows are being deleted.", null=True
            ),
        ),
    ]
