"""Creates cohorts, changes their sessions, and keeps their counts fresh.

Everybody in a project may read its cohorts. Members create cohorts and change their own, admins change all."""

import math
import time
from collections.abc import Collection
from contextlib import suppress
from datetime import timedelta
from itertools import chain
from typing import Any
from zoneinfo import ZoneInfo

from django.db import IntegrityError, connection, transaction
from django.db.models import F, Q, QuerySet
from django.http import HttpRequest, QueryDict
from django.utils import timezone
from django.utils.http import urlencode

from projects.audit import Action, record
from projects.models import Project, User
from sessions.listing.listing import Listing
from sessions.listing.saved_views import PARAMETERS_NOT_SAVED
from sessions.models import Cohort, CohortMember, Session
from sessions.query.people import naming_me
from tracing.lists.bounded import TooLong, within
from tracing.store.erased import gone

MAX_COHORTS = 500  # cohorts of one project
COHORT_COUNT_TIMEOUT_MS = 15_000  # ms for counting one
STALE = timedelta(minutes=5)
UNASKED = (*PARAMETERS_NOT_SAVED, "sort", "limit")  # parameters of the list that choose no session

ADD_MEMBERS_SQL = """
INSERT INTO cohort_member (project_id, cohort_id, session_id)
SELECT project_id, %(cohort)s, session_id FROM session
WHERE project_id = %(project)s AND session_id = ANY(%(sessions)s)
ORDER BY session_id FOR KEY SHARE ON CONFLICT DO NOTHING
"""


class CohortError(Exception):
    """A cohort cannot be made or changed like this; the message tells people why."""


class NameTaken(CohortError):
    """Another cohort of the project has the name."""


class BadFilter(CohortError):
    """The list cannot follow the filter, so that its sessions are unknown."""


def create_cohort(
    project: Project,
    *,
    name: str,
    by: User,
    query_string: str = "",
    session_ids: Collection[str] | None = None,
    description: str = "",
    colour: str = "",
    request: HttpRequest | None = None,
) -> Cohort:
    """Create a cohort and audit it. Raises CohortError.

    With `session_ids` it is a fixed list of these (an empty one waits for `add_sessions`), otherwise whatever the
    list's filter matches now and later."""
    cohort = Cohort(project_id=project.pk, name=name.strip(), description=description, is_fixed=session_ids is not None)
    if not cohort.name:
        raise CohortError("A cohort needs a name.")
    cohort.owner_id, cohort.owner = by.pk, by.email
    cohort.query_string = "" if cohort.is_fixed else naming_me(kept_of(project, query_string), by)
    existing = Cohort.objects.for_project(project).count()
    if existing >= MAX_COHORTS:
        raise CohortError(f"A project can have {MAX_COHORTS} cohorts. Delete one first.")
    colours = Cohort.Colour.values
    cohort.colour = colour if colour in colours else colours[existing % len(colours)]
    try:
        with transaction.atomic():
            cohort.save(force_insert=True)
            record(Action.COHORT_CREATED, project, actor=by, target=cohort.audited, request=request)
    except IntegrityError as error:
        raise NameTaken(f"There is already a cohort “{cohort.name}”.") from error
    if session_ids:
        add_sessions(cohort, session_ids)
    else:
        count(project, cohort)
    return cohort


def add_sessions(cohort: Cohort, session_ids: Collection[str]) -> int:
    """Add existing sessions to a fixed list, and return how many were not on it yet. Raises CohortError."""
    if not cohort.is_fixed:
        raise CohortError(f"“{cohort.name}” is a filter. Sessions cannot be added to it.")
    with transaction.atomic(), connection.cursor() as cursor:
        standing = set(session_ids) - gone(cohort.project_id, session_ids=session_ids)
        params: dict[str, Any] = {"project": cohort.project_id, "cohort": cohort.id, "sessions": sorted(standing)}
        cursor.execute(ADD_MEMBERS_SQL, params)
        added = int(cursor.rowcount)
        _row(cohort).update(session_count=F("session_count") + added, counted_at=timezone.now())
    cohort.session_count += added
    return added


def delete(cohort: Cohort) -> None:
    """Delete the cohort and its list; the sessions stay."""
    with transaction.atomic():
        CohortMember.objects.for_project(cohort.project_id).filter(cohort_id=cohort.id).delete()
        _row(cohort).delete()


def params_of(cohort: Cohort) -> QueryDict:
    """Return the cohort as parameters of the list."""
    return QueryDict(cohort.address.removeprefix("?"), mutable=True)


def sessions_of(project: Project, cohort: Cohort) -> QuerySet[Session]:
    """Return the cohort's sessions in no order. Raises BadFilter."""
    return matching(project, params_of(cohort))


def matching(project: Project, params: QueryDict) -> QuerySet[Session]:
    """Return the sessions that the list shows for `params`.

    Raises BadFilter, so that a mistake never means all sessions."""
    with timezone.override(ZoneInfo(project.time_zone)):
        listing = Listing(project, params)
        if listing.errors:
            raise BadFilter("The filter is invalid: " + " ".join(chain(*listing.errors.values())))
        return listing.matching


def kept_of(project: Project, query_string: str) -> str:
    """Return the filters of a list's address, which a cohort keeps. Raises BadFilter."""
    params = choosing(query_string)
    matching(project, params)
    return params.urlencode()


def choosing(query_string: str) -> QueryDict:
    """Return the parameters of a list's address that select sessions; a form sends its empty fields, too."""
    params = QueryDict(query_string.removeprefix("?"))
    kept = [(name, [v for v in values if v]) for name, values in params.lists() if name not in UNASKED]
    return QueryDict(urlencode([pair for pair in kept if pair[1]], doseq=True), mutable=True)


def count(project: Project, cohort: Cohort) -> None:
    """Count a cohort's sessions.

    If its filter is invalid by now, or takes too long, the last number stays."""
    with suppress(BadFilter, TooLong), within(COHORT_COUNT_TIMEOUT_MS):
        cohort.session_count = sessions_of(project, cohort).count()
    cohort.counted_at = timezone.now()
    _row(cohort).update(session_count=cohort.session_count, counted_at=cohort.counted_at)


def stale_projects() -> list[int]:
    """Return the ids of the projects with a cohort that was not counted for a while."""
    project_ids: list[int] = Cohort.objects.filter(_is_stale()).project_ids()
    return project_ids


def count_stale(project_id: int, until: float = math.inf) -> int:
    """Count a project's cohorts with an old count, the oldest first, until the time is up.

    Returns how many were counted."""
    project = Project.objects.filter(pk=project_id, deleted_at=None).first()
    if project is None:
        return 0
    stale = Cohort.objects.for_project(project).filter(_is_stale()).order_by(F("counted_at").asc(nulls_first=True))
    counted = 0
    for cohort in stale:
        count(project, cohort)
        counted += 1
        if time.monotonic() >= until:
            break
    return counted


def _is_stale() -> Q:
    return Q(counted_at=None) | Q(counted_at__lt=timezone.now() - STALE)


def _row(cohort: Cohort) -> QuerySet[Cohort]:
    rows: QuerySet[Cohort] = Cohort.objects.for_project(cohort.project_id).filter(id=cohort.id)
    return rows
