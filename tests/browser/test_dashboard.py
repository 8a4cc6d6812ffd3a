"""The dashboard in a browser: its look in both themes, on a phone too, and from a bar to the sessions behind it."""

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from projects.models import Project
from sessions.rollup.session_rows import recompute
from tests.tracing.reports import call, failed, in_session
from tracing.ingest.pipeline import ingest
from tracing.models import DirtyMark
from tracing.records import ScoreRecord
from tracing.store import activity

pytestmark = pytest.mark.django_db(transaction=True)


def fill(project: Project) -> None:
    now = timezone.now()
    for number in range(60):
        began = now - timedelta(hours=9 * number + 1)
        claims = in_session(
            f"s{number}", user_id=f"user-{number % 7}", tags=["web"] if number % 2 else ["phone"]
        )  # fmt: skip
        took = timedelta(milliseconds=300 + 170 * (number * 7 % 31))
        said = call(
            f"t{number}", "a", tokens=(number * 100, 50), started_at=began, ended_at=began + took,
            completion_started_at=began + took / 3, claims=claims,
        )  # fmt: skip
        broken = [failed(f"t{number}", "b", "a", started_at=began, ended_at=began)] if number % 6 == 0 else []
        ingest(project.pk, [said, *broken])
        scores = [
            ScoreRecord(f"h{number}", "helpfulness", "NUMERIC", (number * 13 % 41) / 41, session_id=f"s{number}"),
            ScoreRecord(f"r{number}", "is right", "BOOLEAN", float(number % 3 > 0), session_id=f"s{number}"),
            ScoreRecord(f"o{number}", "outcome", "CATEGORICAL", None, session_id=f"s{number}",
                        string_value="solved" if number % 4 else "handed over"),
        ]  # fmt: skip
        ingest(project.pk, scores)
    recompute(project.pk, [f"s{number}" for number in range(60)])
    activity.recompute_dirty(DirtyMark.Target.HOUR)


def come_near(page: Page) -> None:
    """Scroll to where the details are, which are fetched then."""
    at_the_end = "() => (scrollTo(0, document.body.scrollHeight), document.querySelector('#chart-heat'))"
    page.wait_for_function(at_the_end, timeout=30_000)


def test_the_dashboard_can_be_read_and_its_bars_lead_to_their_sessions(
    alices: Page, live_server: LiveServer, project: Project, axe: Callable[..., None], tmp_path: Path
) -> None:
    fill(project)
    address = live_server.url + reverse("dashboard", args=[project.pk])
    alices.goto(address + "?range=30d&q=tag:web")
    expect(alices.locator(".dashboard-facts")).to_contain_text(re.compile(r"Sessions\s*30\b"))
    alices.get_by_role("button", name="Show Sessions as table").click()
    expect(alices.get_by_role("region", name="Sessions as a table", exact=True)).to_be_visible()
    axe(alices)
    alices.get_by_role("button", name="Show Sessions as table").click()
    alices.locator(".dashboard-series").first.get_by_role("link", name=re.compile("Total [1-9]")).first.focus()
    expect(alices.locator(".chart-tip").first).to_contain_text(re.compile(r"Without errors\s*\d.*Total\s*\d"))
    come_near(alices)
    for name, theme, width in (("light", "light", 1280), ("dark", "dark", 1280), ("phone", "light", 390)):
        alices.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
        alices.set_viewport_size({"width": width, "height": 900})
        assert alices.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
        alices.screenshot(path=tmp_path / f"{name}.png", full_page=True)
    axe(alices)
    alices.set_viewport_size({"width": 1280, "height": 900})

    with alices.expect_download() as download:
        alices.get_by_label("More about Cost by model").click()
        alices.get_by_role("link", name="Save as PNG").locator("visible=true").click()
    assert Path(download.value.path()).read_bytes().startswith(b"\x89PNG")

    bar = alices.locator(".dashboard-series").first.get_by_role("link", name=re.compile("Total [1-9]")).first
    counted = int(re.findall(r"Total (\d+)", bar.get_attribute("aria-label") or "")[0])
    bar.click()
    alices.wait_for_url("**/sessions?*")
    expect(alices.locator("#rows tr[id]")).to_have_count(counted)
    alices.go_back()
    for place in (".heat a", ".dashboard-score .dashboard-series a[aria-label*='Sessions ']"):
        come_near(alices)
        alices.locator(place).first.click()
        alices.wait_for_url("**/sessions?*")
        expect(alices.locator("#rows tr[id]").first).to_be_visible()
        alices.go_back()
    come_near(alices)
    alices.get_by_role("link", name=re.compile("user-1")).click()
    alices.wait_for_url("**/sessions?*")
    expect(alices.locator("#rows tr[id]").first).to_be_visible()
