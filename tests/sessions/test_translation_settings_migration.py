"""The settings of translation changed their app: an upgrade keeps the rows, and the permissions on them."""

import pytest
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from projects.models import Project
from sessions.models import TranslationSettings

pytestmark = pytest.mark.django_db

BEFORE = [("llm_sessions", "0016_receipts_without_people"), ("projects", "0016_hashed_sessions")]
AFTER = [("llm_sessions", "0017_translation_settings"), ("projects", "0017_translation_settings_move_up")]


def migrate(targets: list[tuple[str, str]]) -> MigrationExecutor:
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # the rows of the test's transaction are checked before
    executor = MigrationExecutor(connection)
    executor.migrate(targets)
    return executor


def apps_with_permissions() -> set[str]:
    """Return the labels of the apps to which permissions on the settings belong."""
    held = Permission.objects.filter(codename__endswith="_translationsettings")
    return set(held.values_list("content_type__app_label", flat=True))


def test_rows_and_permissions_survive_the_upgrade(project: Project) -> None:
    TranslationSettings.objects.create(project=project, daily_characters=7)
    assert apps_with_permissions() == {"llm_sessions"}

    try:
        migrate(BEFORE)
        assert apps_with_permissions() == {"projects"}
        migrate(AFTER)
    finally:
        ContentType.objects.clear_cache()

    assert apps_with_permissions() == {"llm_sessions"}
    assert TranslationSettings.objects.get(project=project).daily_characters == 7
