"""Settings that people make, kept on the server so that they apply in every browser: of one page, and of all."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import tzinfo
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone

from projects.models import Preference, Project, User

THEME_COOKIE = "theme"  # what was last chosen in this browser
ZONE_COOKIE = "zone"  # that of the device, which a script writes
THEMES = {"light", "dark", "system"}

_page_zone: ContextVar[str] = ContextVar("the reader's zone, in which the page is made", default="")
_day_zone: ContextVar[ZoneInfo | None] = ContextVar("the zone of days that are written in queries", default=None)


@contextmanager
def reading_as(request: HttpRequest, user: User, *, days: str = "") -> Iterator[None]:
    """Let all times of a page be in one zone: the one that the reader chose, that of their device, or `days`.

    `days` is the zone of the project. Days that a query names are in it, so that a link means the same to everybody."""
    own = next((zone for zone in (user.time_zone, request.COOKIES.get(ZONE_COOKIE)) if zone in _zones()), "")
    page, day = _page_zone.set(own or ""), _day_zone.set(ZoneInfo(days) if days else None)
    name = own or days
    try:
        with timezone.override(ZoneInfo(name) if name else None):
            yield
    finally:
        _page_zone.reset(page)
        _day_zone.reset(day)


def page_zone() -> str:
    """Return the name of the reader's zone, or "" if it is unknown: then the page's script asks the device."""
    return _page_zone.get()


def day_zone() -> tzinfo:
    """Return the zone of days and times without an offset in queries."""
    return _day_zone.get() or timezone.get_current_timezone()


def theme_of(request: HttpRequest) -> str:
    """Return the theme that was last chosen in this browser or, in a new one, that of the account."""
    theme = request.COOKIES.get(THEME_COOKIE, "")
    if theme not in THEMES and isinstance(request.user, User):
        theme = request.user.theme
    return theme if theme in ("light", "dark") else ""


@lru_cache(1)
def _zones() -> set[str]:
    return available_timezones()


def load_preferences(user: User, project: Project, page: str) -> dict[str, Any]:
    """Return the settings of `user` on `page` of `project`, empty if there are none."""
    value = Preference.objects.filter(user=user, project=project, page=page).values_list("value", flat=True).first()
    return value if isinstance(value, dict) else {}


@transaction.atomic
def prefer(user: User, project: Project, page: str, **changes: Any) -> None:
    """Store `changes` in addition to the existing settings. The value None removes a setting."""
    preference, _ = Preference.objects.select_for_update().get_or_create(user=user, project=project, page=page)
    preference.value = {name: value for name, value in {**preference.value, **changes}.items() if value is not None}
    preference.save(update_fields=["value"])
