from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("projects", "0013_session_quiet_minutes"),
    ]

    operations = [
        migrations.AddField(
            model_name="invitation",
            name="is_mailed",
            field=models.BooleanField(
                db_default=False, default=False, help_text="Whether only mail to the address tells the link."
            ),
        ),
    ]
