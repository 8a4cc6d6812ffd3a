"""The list page: its columns, what the server remembers of them, its live fragment, its palette, and what it costs."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.html import strip_tags

from projects.models import Membership, Preference, Project, Role, User
from sessions.models import Session
from tests.conversations import TICKET, tell
from tests.sessions.rows import session
from tests.sessions.test_views import url

FRAGMENT = {"HX-Request": "true"}


@pytest.fixture
def alices(client: Client, alice: User) -> Client:
    client.force_login(alice)
    return client


def heads(client: Client, project: Project, query: str = "") -> list[str]:
    table = client.get(url("sessions", project) + query).context["table"]
    return [column.name for column in table.columns]


def test_columns_chosen_in_one_browser_are_there_in_the_next(alices: Client, alice: User, project: Project) -> None:
    tell(project, "ticket-1")
    chosen = {"column": ["tags", "first_input"], "density": "compact", "query": "sort=-total_cost"}
    answer = alices.post(url("layout", project, "sessions"), chosen)

    another = Client()
    another.force_login(alice)
    table = another.get(url("sessions", project)).context["table"]

    assert answer["Location"] == url("sessions", project) + "?sort=-total_cost"
    assert [column.name for column in table.columns] == ["tags", "first_input"]
    assert table.layout.density == "compact"


def test_rows_stand_as_close_as_the_reader_chose_for_all_lists_until_a_list_says_otherwise(
    alices: Client, alice: User, project: Project
) -> None:
    tell(project, "ticket-1")
    User.objects.filter(pk=alice.pk).update(density="compact")
    assert alices.get(url("sessions", project)).context["table"].layout.density == "compact"

    alices.post(url("layout", project, "sessions"), {"column": ["tags"], "density": "roomy"})

    assert alices.get(url("sessions", project)).context["table"].layout.density == "roomy"


def test_days_in_a_query_mean_the_same_to_readers_in_all_zones(alices: Client, alice: User, project: Project) -> None:
    """The session was at noon in UTC, which is the project's zone: the next day in Kiritimati."""
    tell(project, "ticket-1")
    day = Session.objects.for_project(project).get().created_at.date()
    User.objects.filter(pk=alice.pk).update(time_zone="Pacific/Kiritimati")

    page = alices.get(url("sessions", project), {"q": f"started:{day}"})
    nothing = alices.get(url("sessions", project), {"q": f"started:{day + timedelta(days=1)}"})

    assert "ticket-1" in page.content.decode()
    assert "ticket-1" not in nothing.content.decode()


def test_columns_are_remembered_for_one_person_in_one_project(
    alices: Client, bob: User, project: Project, organization: object
) -> None:
    alices.post(url("layout", project, "sessions"), {"column": ["tags"]})
    sibling = Project.objects.create(organization=project.organization, name="Sibling")
    tell(project, "ticket-1")
    tell(sibling, "ticket-1")
    bobs = Client()
    bobs.force_login(bob)

    assert heads(alices, project) == ["tags"]
    assert len(heads(bobs, project)) > 5
    assert len(heads(alices, sibling)) > 5


def test_a_column_moves_by_buttons_and_a_reset_forgets_it_all(alices: Client, project: Project) -> None:
    tell(project, "ticket-1")
    layout = url("layout", project, "sessions")

    alices.post(layout, {"column": ["tags", "user_ids", "id"], "up": "id"})
    moved = heads(alices, project)
    alices.post(layout, {"column": moved, "down": "tags"})
    again = heads(alices, project)
    alices.post(layout, {"reset": "on"})

    assert moved == ["tags", "id", "user_ids"]
    assert again == ["id", "tags", "user_ids"]
    assert len(heads(alices, project)) > 5


def test_a_width_is_remembered_within_sensible_bounds(alices: Client, alice: User, project: Project) -> None:
    tell(project, "ticket-1")
    widths = {"width": ["tags:333", "user_ids:1", "id:99999", "total_cost:wide"]}

    answer = alices.post(url("layout", project, "sessions"), widths, headers=FRAGMENT)

    assert answer.status_code == 204
    assert Preference.objects.get(user=alice, project=project).value == {"widths": {"tags": 333, "user_ids": 60}}
    assert '<col width="333"' in alices.get(url("sessions", project)).content.decode()


def test_the_address_overrules_what_is_remembered_and_unknown_columns_are_left_out(
    alices: Client, project: Project
) -> None:
    tell(project, "ticket-1")
    alices.post(url("layout", project, "sessions"), {"column": ["tags", "no_such_property"]})

    assert heads(alices, project) == ["tags"]
    assert heads(alices, project, "?columns=id,nonsense,tags&density=roomy") == ["id", "tags"]


def test_nobody_lays_out_a_page_that_is_none(alices: Client, project: Project) -> None:
    assert alices.post(url("layout", project, "nonsense"), {"column": ["tags"]}).status_code == 404


def test_pages_follow_each_other_by_plain_links_in_both_directions(alices: Client, project: Project) -> None:
    for number in range(3):
        tell(project, f"ticket-{number}", TICKET[:1])
    first = alices.get(url("sessions", project) + "?limit=2")

    second = alices.get(url("sessions", project) + f"?limit=2&cursor={first.context['listing'].next}")

    assert 'rel="prev"' not in first.content.decode()
    assert 'rel="prev"' in second.content.decode()
    assert len(second.context["listing"].rows) == 1


def test_a_page_with_more_behind_it_says_how_many_rows_it_has_and_counts_nothing(
    alices: Client, project: Project
) -> None:
    for number in range(3):
        tell(project, f"ticket-{number}", TICKET[:1])

    def said(query: str) -> str:
        html = alices.get(url("sessions", project) + query).content.decode()
        return strip_tags(html.partition('id="list-count">')[2].partition("</p>")[0]).strip()

    assert said("?limit=2") == "2 on this page"
    assert said("?limit=3") == "3 sessions"
    assert said("?limit=1&tags=support") == "1 on this page"


def test_an_empty_list_says_which_condition_excludes_all(alices: Client, project: Project) -> None:
    tell(project, "ticket-1")

    html = alices.get(url("sessions", project) + "?tags=support&total_cost__gte=900").content.decode()

    assert "Removing one filter would show some" in html
    assert "900" in html
    assert "1 session" in html


def test_live_mode_brings_what_was_recomputed_since_the_last_look(alices: Client, project: Project) -> None:
    tell(project, "old")
    Session.objects.for_project(project).update(computed_at=timezone.now() - timedelta(minutes=5))
    page = alices.get(url("sessions", project) + "?live=on")
    tell(project, "new")

    since = page.context["live"].since.replace("+", "%2B")
    answer = alices.get(url("sessions", project) + f"?live=on&since={since}", headers=FRAGMENT)

    assert [row.session_id for row in answer.context["changes"].rows] == ["new"]
    assert b"<html" not in answer.content


def test_live_mode_obeys_the_filter_and_bears_a_bad_moment(alices: Client, project: Project) -> None:
    tell(project, "new")
    long_ago = "2020-01-01T00:00:00%2B00:00"

    def changed(query: str) -> list[str]:
        answer = alices.get(url("sessions", project) + query, headers=FRAGMENT)
        return [row.session_id for row in answer.context["changes"].rows]

    assert changed(f"?since={long_ago}") == ["new"]
    assert changed(f"?since={long_ago}&tags=vip") == []
    assert changed("?since=yesterday") == []
    assert changed("?since=2020-13-45T00:00:00") == []


def test_the_palette_finds_ids_by_their_beginning_and_pages_by_their_name(alices: Client, project: Project) -> None:
    trace_id = tell(project, "ticket-2611")[0]

    def found(asked: str) -> list[tuple[str, str]]:
        answer = alices.get(url("go", project), {"q": asked}, headers=FRAGMENT)
        return [(one.label, one.kind) for one in answer.context["destinations"]]

    assert ("ticket-2611", "session") in found("ticket-26")
    assert (trace_id, "trace") in found(trace_id[:12])
    assert ("user-a", "user") in found("user-a")
    assert ("user-a", "user") in found("SER-"), "any part of a user id is enough"
    assert ("user-a", "user") not in found("us%a")
    assert ("Ingestion issues", "page") in found("issues")
    assert found("nothing of the kind") == [("Conversations that say “nothing of the kind”", "search")]


def test_the_palette_knows_no_other_project(alices: Client, project: Project, other_project: Project) -> None:
    tell(other_project, "their-ticket", user_id="their-user")

    for asked in ("their", "their-ticket", "their-user"):
        offered = alices.get(url("go", project), {"q": asked}).context["destinations"]
        assert {one.kind for one in offered} == {"search"}


def test_a_viewer_is_offered_no_work_on_many_sessions(client: Client, project: Project) -> None:
    viewer = User.objects.create_user("viewer@example.com")
    Membership.objects.create(user=viewer, organization=project.organization, role=Role.VIEWER)
    client.force_login(viewer)
    tell(project, "ticket-1")

    html = client.get(url("sessions", project)).content.decode()

    assert 'value="bookmark"' not in html
    assert "Save view" not in html


# Session, person, project, preference, views, rows, what was said of them, scores.
PLAIN = 8
BOUNDED = 4  # the statements that bound how long rows may take, where something is filtered


@pytest.mark.parametrize(("query", "most"), [("", PLAIN), ("?live=on", PLAIN), ("?tags=support", PLAIN + BOUNDED)])
def test_the_page_costs_the_same_however_many_sessions_it_shows(
    alices: Client, project: Project, query: str, most: int
) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            alices.get(url("sessions", project) + query)
        return len(queries)

    tell(project, "ticket-0", TICKET[:1])
    cost()
    one = cost()
    for number in range(1, 5):
        tell(project, f"ticket-{number}", TICKET[:1])

    assert cost() == one <= most


@pytest.mark.parametrize(("given", "kept"), [("480", "480"), ("319", "400"), ("641", "400"), ("wide", "400")])
def test_the_width_of_the_preview_is_kept_within_its_bounds(
    alices: Client, project: Project, given: str, kept: str
) -> None:
    session(project, "one")
    alices.post(url("layout", project, "sessions"), {"peek": given})
    assert f'aria-valuenow="{kept}"' in alices.get(url("sessions", project)).content.decode()


def test_the_bars_are_drawn_in_the_readers_zone_and_link_to_it(alices: Client, project: Project) -> None:
    for number, hour in enumerate((1, 20)):
        at = datetime(2026, 11, 20, hour, tzinfo=UTC)
        session(project, f"s{number}", created_at=at, updated_at=at)
    alices.cookies["zone"] = "Asia/Tokyo"
    html = alices.get(url("strip", project)).content.decode()
    assert "Fri 20 Nov, 10:00 to" in html
    assert "zone=Asia%2FTokyo" in html
    alices.cookies["zone"] = "Nowhere/<b>"
    assert "Fri 20 Nov, 01:00 to" in alices.get(url("strip", project)).content.decode()


def test_a_project_without_sessions_shows_the_way_and_no_filters(alices: Client, project: Project) -> None:
    html = alices.get(url("sessions", project)).content.decode()
    assert "Show setup" in html
    assert not any(text in html for text in ("Filters", ">Export<", 'id="facets"', 'id="peek"'))


def test_the_palette_finds_users_by_any_part_of_their_id(alices: Client, project: Project) -> None:
    session(project, "one", user_ids=["huda.salem", "joão"])
    for asked in ("hu", "SALEM", "salem"):
        found = alices.get(url("go", project), {"q": asked}).context["destinations"]
        assert [one.label for one in found if one.kind == "user"] == ["huda.salem"]


def test_times_too_short_to_tell_are_less_than_a_millisecond_and_none_is_a_raw_number(
    alices: Client, project: Project
) -> None:
    for number, took in enumerate((0, 0, 380, 401)):
        session(project, f"s{number}", duration_ms=took)

    facts = strip_tags(alices.get(url("strip", project)).content.decode())
    assert re.findall(r"(Median|p95)\s+duration\s+(\S+ \w+)", facts) == [("Median", "190 ms"), ("p95", "398 ms")]
    rows = alices.get(url("sessions", project), {"columns": "duration_ms"}).content.decode()
    assert re.findall(r'data-kind="duration"[^>]*><span class="number">([^<]*)', rows).count("&lt; 1 ms") == 2


@pytest.mark.parametrize(("count", "word"), [(1, "turn"), (2, "turns"), (0, "turns")])
def test_a_number_on_a_card_has_its_word_in_the_singular_or_plural(
    alices: Client, project: Project, count: int, word: str
) -> None:
    session(project, "one", turn_count=count)

    html = alices.get(url("sessions", project)).content.decode()

    assert re.search(rf'data-label="{word}"><span class="number[^"]*">{count}</span></td>', html)
