"""The settings of translation changed their app: an upgrade keeps the rows, and the permissions on them."""

import pytest
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from projects.models import Project
from sessions.models import TranslationSettings

pytestmark = pytest.mark.django_db

MOVE = (("projects", "0017_translation_settings_move_up"), ("llm_sessions", "0017_translation_settings"))


def migrate(*, back: bool) -> None:
    """Undo or repeat the migrations of the move alone: later ones cannot run in the test's transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # the rows of the test's transaction are checked before
    executor = MigrationExecutor(connection)
    for node in reversed(MOVE) if back else MOVE:
        state, migration = executor.loader.project_state(node, at_end=False), executor.loader.get_migration(*node)
        (executor.unapply_migration if back else executor.apply_migration)(state, migration)


def apps_with_permissions() -> set[str]:
    """Return the labels of the apps to which permissions on the settings belong."""
    held = Permission.objects.filter(codename__endswith="_translationsettings")
    return set(held.values_list("content_type__app_label", flat=True))


def test_rows_and_permissions_survive_the_upgrade(project: Project) -> None:
    TranslationSettings.objects.create(project=project, daily_characters=7)
    assert apps_with_permissions() == {"llm_sessions"}

    try:
        migrate(back=True)
        assert apps_with_permissions() == {"projects"}
        migrate(back=False)
    finally:
        ContentType.objects.clear_cache()

    assert apps_with_permissions() == {"llm_sessions"}
    assert TranslationSettings.objects.get(project=project).daily_characters == 7
