from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("projects", "0014_invitation_is_mailed"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="auditevent",
            index=models.Index("action", models.OrderBy(models.F("at"), descending=True), name="audit_of_a_kind"),
        ),
    ]
