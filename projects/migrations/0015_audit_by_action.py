from django.db import migrations, models

from projects.migrating import BuildIndex


class Migration(migrations.Migration):
    atomic = False
    dependencies = [
        ("projects", "0014_invitation_is_mailed"),
    ]

    operations = [
        BuildIndex(
            model_name="auditevent",
            index=models.Index("action", models.OrderBy(models.F("at"), descending=True), name="audit_of_a_kind"),
        ),
    ]
