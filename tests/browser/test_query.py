"""The query box, the facets and the times in a browser."""

import re
from collections.abc import Callable

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from projects.models import Project
from sessions.models import Session
from tests.sessions.rows import session

pytestmark = pytest.mark.django_db(transaction=True)


def address(server: LiveServer, project: Project, query: str = "") -> str:
    return server.url + reverse("sessions", args=[project.pk]) + query


@pytest.fixture
def sold(project: Project) -> Project:
    session(project, "cheap", tags=["vip"], total_cost="0.1", first_input="A cheap one")
    session(project, "dear", tags=["vip", "late delivery"], total_cost="2", minute=1, first_input="A dear one")
    session(project, "failed", error_count=1, minute=2, first_input="A failed one")
    return project


def rows(page: Page, count: int) -> None:
    expect(page.locator("#rows .said-link")).to_have_count(count)


def test_a_query_is_typed_with_suggestions_by_keys_alone(
    alices: Page, live_server: LiveServer, sold: Project, axe: Callable[..., None]
) -> None:
    alices.goto(address(live_server, sold))
    box, options = alices.get_by_role("combobox", name="Find sessions"), alices.locator("#suggest [role='option']")

    alices.keyboard.press("/")
    expect(box).to_be_focused()
    alices.keyboard.type("ta")
    expect(options.first).to_contain_text("tag")
    axe(alices)
    alices.keyboard.press("Tab")
    expect(box).to_have_value("tag:")
    expect(options.first).to_contain_text("vip")
    alices.keyboard.press("ArrowDown")
    expect(box).to_have_attribute("aria-activedescendant", "suggest-0")
    alices.keyboard.press("ArrowDown")
    expect(options.nth(1)).to_have_attribute("aria-selected", "true")
    alices.keyboard.press("ArrowUp")
    alices.keyboard.press("Enter")
    expect(box).to_have_value("tag:vip ")
    alices.keyboard.type("cost > 1")
    expect(options.first).to_be_visible()
    alices.keyboard.press("Escape")
    expect(alices.get_by_role("listbox")).to_be_hidden()
    expect(box).to_have_attribute("aria-expanded", "false")
    alices.keyboard.press("Enter")

    expect(alices).to_have_url(re.compile(r"q=tag(:|%3A)vip\+cost\+%3E\+1"))
    rows(alices, 1)
    alices.locator(".conditions .chip", has_text="cost > 1").click()
    rows(alices, 2)


def test_a_faulty_query_keeps_its_text_and_is_mended_in_place(
    alices: Page, live_server: LiveServer, sold: Project, axe: Callable[..., None]
) -> None:
    alices.goto(address(live_server, sold, "?q=tag:vip+cots+>+1"))

    expect(alices.get_by_label("Find sessions")).to_have_value("tag:vip cots > 1")
    expect(alices.locator(".query-text mark")).to_have_text("cots > 1")
    expect(alices.get_by_role("alert").filter(has_text="Did you mean cost?")).to_be_visible()
    rows(alices, 0)
    axe(alices)
    alices.get_by_label("Find sessions").fill("tag:vip cost > 1")
    alices.get_by_role("button", name="Find", exact=True).click()

    rows(alices, 1)


def test_values_beside_the_list_add_exclude_and_take_away_conditions(
    alices: Page, live_server: LiveServer, sold: Project, axe: Callable[..., None]
) -> None:
    alices.goto(address(live_server, sold))
    box = alices.get_by_label("Find sessions")

    alices.get_by_role("button", name="Filters").click()
    alices.locator(".facet > summary", has_text="Tags").click()
    alices.get_by_role("link", name="late delivery", exact=True).click()
    expect(box).to_have_value('tag:"late delivery"')
    rows(alices, 1)
    expect(alices.locator(".facet-value.is-asked")).to_contain_text("late delivery")  # it is open still
    axe(alices)
    alices.get_by_role("link", name="Exclude late delivery").click()
    expect(box).to_have_value('-tag:"late delivery"')
    rows(alices, 2)
    alices.get_by_role("link", name="No longer exclude late delivery").click()
    expect(box).to_have_value("")
    rows(alices, 3)
    alices.get_by_role("link", name="With errors", exact=True).click()
    expect(box).to_have_value("has:error")
    rows(alices, 1)


def test_on_a_phone_the_facets_wait_behind_their_button(alices: Page, live_server: LiveServer, sold: Project) -> None:
    alices.set_viewport_size({"width": 360, "height": 740})
    alices.goto(address(live_server, sold))

    expect(alices.get_by_role("link", name="With errors", exact=True)).to_be_hidden()
    rows(alices, 3)
    alices.get_by_role("button", name="Filters", expanded=False).click()
    expect(alices.get_by_role("link", name="With errors", exact=True)).to_be_visible()
    alices.get_by_role("button", name="Filters", expanded=True).click()
    expect(alices.get_by_role("link", name="With errors", exact=True)).to_be_hidden()
    assert alices.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_times_are_typed_in_the_readers_zone_and_mean_the_same_to_everybody(
    alices: Page, live_server: LiveServer, sold: Project
) -> None:
    """The sessions began at 12:00, 12:01 and 12:02 UTC; in Tokyo that was 21:00. The zone of the project is UTC."""
    day = sold_day(sold)
    alices.goto(address(live_server, sold, "?q=-tag:nothing"))

    alices.locator(".range-menu > summary").click()
    expect(alices.locator("[data-zone-name]")).to_have_text("Asia/Tokyo")
    alices.get_by_label("From", exact=True).fill(f"{day}, 20:00")
    alices.get_by_label("To", exact=True).fill(f"{day} 21:00")
    alices.get_by_role("button", name="Apply", exact=True).click()

    expect(alices).to_have_url(re.compile("&zone=Asia%2FTokyo&from="))
    expect(alices.get_by_label("Find sessions")).to_have_value("-tag:nothing")
    rows(alices, 1)
    expect(alices.locator(".range-label")).to_have_text(re.compile(r"^\d+ \w+, 20:00 to \d+ \w+, 21:00$"))
    alices.locator(".range-menu > summary").click()
    alices.get_by_role("link", name="All time").click()
    rows(alices, 3)


def test_two_clicks_in_the_months_fill_the_fields(alices: Page, live_server: LiveServer, sold: Project) -> None:
    alices.goto(address(live_server, sold, "?from=12+Nov+2026&to=14+Nov+2026"))
    alices.locator(".range-menu > summary").click()
    expect(alices.locator(".month caption")).to_have_text(["October 2026", "November 2026"])
    expect(alices.locator(".month [aria-pressed='true']")).to_have_text(["12", "13", "14"])

    alices.get_by_role("button", name="20 November 2026").click()
    alices.get_by_role("button", name="30 October 2026").click()
    expect(alices.get_by_label("From", exact=True)).to_have_value("30 Oct 2026")
    expect(alices.get_by_label("To", exact=True)).to_have_value("20 Nov 2026")
    alices.keyboard.press("ArrowUp")
    expect(alices.get_by_role("button", name="23 October 2026")).to_be_focused()
    alices.get_by_role("button", name="Later month").click()
    expect(alices.locator(".month caption")).to_have_text(["November 2026", "December 2026"])
    alices.get_by_role("button", name="Apply", exact=True).click()
    expect(alices.locator(".range-label")).to_contain_text("30 Oct")


def test_a_query_that_cannot_be_followed_is_told_in_full_and_the_list_stays(
    alices: Page, live_server: LiveServer, sold: Project
) -> None:
    alices.goto(address(live_server, sold))
    box = alices.get_by_label("Find sessions")
    box.fill("cost > abc foo:bar (")
    box.press("Escape")
    box.press("Enter")
    faults = alices.locator("#query-fault li")
    expect(faults).to_have_count(3)
    expect(box).to_have_attribute("aria-describedby", "query-fault")
    rows(alices, 3)
    box.fill("tag:nothing OR cost >= 0")
    box.press("Escape")
    box.press("Enter")
    expect(alices).to_have_url(re.compile("cost"))
    expect(faults).to_have_count(0)


def sold_day(project: Project) -> str:
    return f"{Session.objects.for_project(project).order_by('created_at')[0].created_at:%Y-%m-%d}"
