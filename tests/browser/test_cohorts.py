"""Cohorts and their comparison in a browser: from the list to a cohort, to a difference, to its sessions and back."""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
from django.urls import reverse
from playwright.sync_api import BrowserContext, Page, expect
from pytest_django.live_server_helper import LiveServer

from projects.models import Project, User
from tests.sessions.rows import session

pytestmark = pytest.mark.django_db(transaction=True)


def fill(project: Project) -> None:
    for number in range(50):
        is_web = number % 2
        session(
            project,
            f"s{number}",
            minute=number,
            total_cost=Decimal(number * (1 + 3 * is_web)) / 1000,
            duration_ms=1000 * (number + 1) * (1 + 2 * is_web),
            tags=["web"] if is_web else ["phone"],
            environments=["staging" if number % 3 == 0 else "production"],
        )


def make_cohort(page: Page, address: str, name: str) -> None:
    page.goto(address)
    page.get_by_label("Name").fill(name)
    page.get_by_role("button", name="Create cohort").click()
    expect(page.get_by_role("link", name=name, exact=True)).to_be_visible()


def test_a_cohort_is_made_compared_and_followed_down_to_sessions_and_back(
    alices: Page, live_server: LiveServer, project: Project, axe: Callable[..., None], tmp_path: Path
) -> None:
    fill(project)
    new = live_server.url + reverse("cohort-new", args=[project.pk])
    make_cohort(alices, new + "?tags=phone", "Phone")
    alices.goto(live_server.url + reverse("sessions", args=[project.pk]) + "?tags=web&sort=id")
    alices.locator(".views-menu summary").click()
    alices.get_by_role("link", name="Save as cohort").click()
    make_cohort(alices, alices.url, "Web")
    axe(alices)
    for name in ("Phone", "Web"):
        alices.get_by_label(f"Compare {name}").check()
    alices.get_by_role("button", name="Compare selected").click()

    expect(alices.get_by_role("heading", name="What differs")).to_be_visible()
    expect(alices.get_by_role("heading", name="In B, cost is 317% higher")).to_be_visible()
    row = alices.get_by_role("row", name="Cost, median")
    expect(row).to_contain_text("Large, worse")
    expect(alices.get_by_text("Not compared, because the groups are defined by it: Tags.")).to_be_visible()
    axe(alices)
    address = alices.url

    cost = alices.locator("#total_cost")
    bar = cost.locator("rect.bar[data-bar^='B-']").last
    link = bar.locator("xpath=..")
    link.hover(force=True)
    counted = int(cost.locator(".chart-tip > span", has_text="Sessions").locator("i").inner_text())
    link.locator(".hit").click()
    alices.wait_for_url("**/sessions?tags=web&total_cost__gte=*")
    expect(alices.locator("#rows tr[id]")).to_have_count(counted)
    alices.go_back()
    expect(alices).to_have_url(address)

    cost.get_by_label("Save the chart of Cost").click()
    for kind, start in (("SVG", b"<svg"), ("PNG", b"\x89PNG")):
        with alices.expect_download() as saving:
            cost.get_by_role("link", name=f"Save as {kind}").click()
        path = tmp_path / saving.value.suggested_filename
        saving.value.save_as(path)
        assert path.read_bytes().startswith(start)
        assert len(path.read_bytes()) > 2000

    alices.get_by_label("Swap A and B").click()
    expect(alices.locator(".group-pick").first).to_contain_text("Web")
    alices.locator(".picker").get_by_text("Add group").click()
    alices.locator("#condition-C").fill("env:staging")
    alices.keyboard.press("Enter")
    expect(alices.locator(".group-pick").last).to_contain_text("Environments is staging")
    expect(alices.get_by_text("share 8 sessions")).to_be_visible()
    axe(alices)

    alices.set_viewport_size({"width": 360, "height": 740})
    expect(cost.get_by_role("heading")).to_be_visible()
    assert alices.evaluate("document.documentElement.scrollWidth") <= 360


def test_the_page_can_be_used_by_keyboard_alone(alices: Page, live_server: LiveServer, project: Project) -> None:
    fill(project)
    alices.goto(live_server.url + reverse("compare", args=[project.pk]))
    expect(alices.locator(".group-pick").first).to_contain_text("production")  # no last week: the largest environments
    alices.get_by_role("link", name="By tag").focus()
    alices.keyboard.press("Enter")
    expect(alices.locator(".group-pick").first).to_contain_text("phone")

    table = alices.get_by_role("button", name="Show Cost as table")
    table.focus()
    alices.keyboard.press("Enter")
    expect(alices.locator("#total_cost .chart")).to_be_hidden()
    link = alices.locator("#total_cost .bins a").first
    link.focus()
    alices.keyboard.press("Enter")
    alices.wait_for_url("**/sessions?tags=*")


def test_the_menu_of_a_group_stays_within_a_phone_and_tells_a_wrong_day(
    page: Page, alice: User, sign_in: Callable[[BrowserContext, User], None], live_server: LiveServer, project: Project
) -> None:
    fill(project)  # on 1 November 2026
    sign_in(page.context, alice)
    page.set_viewport_size({"width": 390, "height": 844})
    address = "?cohort=all&from=2026-11-01&to=2026-11-30&from=someday&to=2026-11-30"
    page.goto(live_server.url + reverse("compare", args=[project.pk]) + address)

    field = page.get_by_role("textbox", name="From").last
    expect(field).to_have_value("someday")
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_text("“someday” is not a date.")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    field.fill("1 Oct 2026")
    page.keyboard.press("Enter")
    expect(page.locator(".group-pick")).to_have_count(2)
    expect(page.locator(".group-pick").last).to_contain_text("1 Oct to 30 Nov 2026")


def test_a_period_is_chosen_in_two_months_or_in_words(
    alices: Page, live_server: LiveServer, project: Project, axe: Callable[..., None]
) -> None:
    fill(project)  # on 1 November 2026
    address = "?cohort=all&from=2026-10-01&to=2026-10-31&from=2026-11-01&to=2026-11-30&only=env%3Astaging"
    alices.goto(live_server.url + reverse("compare", args=[project.pk]) + address)
    group = alices.locator(".picker").first
    group.locator("summary").click()
    expect(group.locator("[data-day='2026-10-01']")).to_have_class("from")
    expect(group.get_by_label("From")).to_have_value("1 Oct 2026")
    axe(alices)
    group.locator("[data-day='2026-10-05']").click()
    group.locator("[data-day='2026-10-09']").click()
    group.locator(".range-custom").get_by_role("button", name="Apply").click()

    expect(alices.locator(".group-pick").first).to_contain_text("5 to 9 Oct 2026")
    expect(alices.locator(".group-pick").nth(1)).to_contain_text("1 to 30 Nov 2026")
    expect(alices.get_by_label("Only sessions that match")).to_have_value("env:staging")
    alices.locator(".picker").get_by_text("Add group").click()
    added = alices.locator(".picker").last
    added.get_by_role("textbox", name="From").fill("1 Nov 2026")
    added.get_by_role("textbox", name="To").fill("1 Nov 2026")
    alices.keyboard.press("Enter")
    expect(alices.locator(".group-pick").last).to_contain_text("1 Nov 2026")
    expect(alices.locator(".group-pick")).to_have_count(3)
