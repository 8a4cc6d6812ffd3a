from django.db import migrations


class Migration(migrations.Migration):
    """The settings of translation become a model of sessions (its 0017). The table stays as it is."""

    dependencies = [("projects", "0016_hashed_sessions")]

    operations = [
        migrations.SeparateDatabaseAndState(state_operations=[migrations.DeleteModel("TranslationSettings")]),
    ]
