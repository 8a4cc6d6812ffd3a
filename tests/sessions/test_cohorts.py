"""Cohorts: made from the list, counted, added to, and left by what is deleted."""

import pytest

from projects.audit import Trail
from projects.models import Organization, Project, User
from sessions.cohorts import making
from sessions.cohorts.making import BadFilter, CohortError, NameTaken, add_sessions, create_cohort
from sessions.deletion import erasing
from sessions.models import Cohort, CohortMember
from tests.conversations import tell
from tests.sessions.rows import session


@pytest.fixture
def three(project: Project) -> Project:
    session(project, "a", error_count=1, tags=["vip"])
    session(project, "b", tags=["vip"])
    session(project, "c")
    return project


def test_a_cohort_keeps_the_filter_of_the_list_and_nothing_else_of_its_address(three: Project, bob: User) -> None:
    cohort = create_cohort(three, name=" Vips ", by=bob, query_string="?tags=vip&sort=-id&limit=5&cursor=x&user_ids=")

    assert (cohort.name, cohort.query_string, cohort.session_count) == ("Vips", "tags=vip", 2)
    assert set(making.sessions_of(three, cohort).values_list("session_id", flat=True)) == {"a", "b"}


def test_a_fixed_list_takes_what_exists_once_and_finds_it_on_the_list(three: Project, bob: User) -> None:
    cohort = create_cohort(three, name="Picked", by=bob, session_ids=["a", "nowhere"])

    assert add_sessions(cohort, ["a", "c"]) == 1
    assert add_sessions(cohort, ["a", "c"]) == 0
    assert Cohort.objects.for_project(three).get().session_count == 2
    assert set(making.sessions_of(three, cohort).values_list("session_id", flat=True)) == {"a", "c"}


def test_an_empty_list_waits_for_sessions(three: Project, bob: User) -> None:
    cohort = create_cohort(three, name="Later", by=bob, session_ids=())

    assert cohort.session_count == 0
    assert add_sessions(cohort, ["b"]) == 1


def test_sessions_cannot_be_put_into_a_filter(three: Project, bob: User) -> None:
    cohort = create_cohort(three, name="All", by=bob)

    with pytest.raises(CohortError):
        add_sessions(cohort, ["a"])


def test_a_name_is_given_once_in_a_project(three: Project, other_project: Project, bob: User) -> None:
    create_cohort(three, name="All", by=bob)
    create_cohort(other_project, name="All", by=bob)

    with pytest.raises(NameTaken):
        create_cohort(three, name="All", by=bob)


def test_a_filter_that_cannot_be_followed_makes_no_cohort(three: Project, bob: User) -> None:
    with pytest.raises(BadFilter):
        create_cohort(three, name="Bad", by=bob, query_string="colour=red")
    assert not Cohort.objects.for_project(three).exists()


def test_a_deleted_session_leaves_its_lists(project: Project, bob: User) -> None:
    tell(project, "gone")
    tell(project, "stays")
    cohort = create_cohort(project, name="Picked", by=bob, session_ids=["gone", "stays"])

    erasing.delete_session(project.pk, "gone")

    assert list(CohortMember.objects.for_project(project).values_list("session_id", flat=True)) == ["stays"]
    making.count(project, cohort)
    assert Cohort.objects.for_project(project).get().session_count == 1


def test_stale_counts_are_counted_anew(three: Project, bob: User) -> None:
    create_cohort(three, name="Failing", by=bob, query_string="error_count__gte=1")
    session(three, "d", error_count=3)
    Cohort.objects.for_project(three).update(counted_at=None)

    assert making.stale_projects() == [three.pk]
    assert making.count_stale(three.pk) == 1
    assert making.stale_projects() == []
    assert Cohort.objects.for_project(three).get().session_count == 2


def test_making_a_cohort_is_audited(three: Project, organization: Organization, bob: User) -> None:
    cohort = create_cohort(three, name="All", by=bob)

    event = Trail().events(organization)[0]
    assert (event.action, event.target, event.actor) == ("cohort created", cohort.audited, "bob@example.com")
