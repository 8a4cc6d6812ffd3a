"""From a filled demo to an alert: a judge of the gallery, a model, the past at a price, people's scores, a webhook."""

import re
import time
from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect
from pytest_django.fixtures import Settings
from pytest_django.live_server_helper import LiveServer

from projects.models import Project, User
from sessions.alerts import knowing
from sessions.annotation import scoring
from sessions.annotation.configs import load_configs
from sessions.annotation.scoring import ScoreAnswer
from sessions.annotation.targets import Target
from sessions.demo.dialects import DIALECTS
from sessions.demo.export import body
from sessions.demo.story import tell
from sessions.judges import runs
from sessions.models import Alert, JudgeRun, ModelProvider, Session, Verdict
from sessions.rollup.recomputing import drain
from tests.conversations import tell as tell_one
from tests.judges import judged
from tests.judges.endpoint import served
from tests.sessions.alerts import watched
from tests.sessions.alerts.receivers import receiving
from tests.sessions.alerts.test_telling import send, tell_now
from tracing.ingest.intake import take_traces
from tracing.wire.otlp import PROTOBUF

pytestmark = pytest.mark.django_db(transaction=True)

DEMO_SESSIONS = 12
QUESTION = "Does the person show anger or sarcasm"


def fill(project: Project) -> None:
    for number, talk in enumerate(tell(DEMO_SESSIONS, seed=4, until=timezone.now() - timedelta(hours=1))):
        take_traces(project, body(talk, DIALECTS[number % len(DIALECTS)]), PROTOBUF, {})
    drain(project.pk)


def says_by_words(data: dict[str, Any]) -> dict[str, Any]:
    """The endpoint's answer: it finds longer conversations frustrating."""
    is_long = len(data["conversation"]) > 6 or "terrible" in str(data)
    return {
        "reason": "They went on and on." if is_long else "It was short.",
        "turns": [1],
        "answer": "yes" if is_long else "no",
    }


def click(page: Page, button: str) -> None:
    page.get_by_role("button", name=re.compile(f"^{button}")).click()


def reads_as_card(page: Page) -> None:
    """Checks that a phone shows all of a judge in the list without scrolling sideways."""
    usual = page.viewport_size
    page.set_viewport_size({"width": 390, "height": 844})
    card = page.locator(".judges-table tbody tr")
    for told in ("Frustrated?", "v1 is on", "all sessions", "yes", "no", "$"):
        expect(card).to_contain_text(told)
    for part in card.locator("> *").all():
        box = part.bounding_box()
        assert box
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 390
    assert page.locator(".table-box").evaluate("(box) => box.scrollWidth <= box.clientWidth")
    assert usual
    page.set_viewport_size(usual)


def work(project: Project) -> None:
    """All that workers do for judges, without their clocks."""
    for run in JudgeRun.objects.for_project(project).unfinished():
        runs.proceed(project, run)
    judged.work(project)
    for run in JudgeRun.objects.for_project(project).unfinished():
        runs.proceed(project, run)


def choose_model(page: Page, address: str, url: str) -> None:
    page.goto(address)
    judging = page.get_by_role("region", name="Judging")
    judging.get_by_role("link", name="OpenAI-compatible endpoint").click()
    judging.get_by_label("Address").fill(url)
    judging.get_by_label("Model", exact=True).fill("gpt-4o-mini")
    judging.get_by_label("Limit per minute").fill("600")
    judging.get_by_label(re.compile("I agree")).check()
    judging.get_by_role("button", name="Save judging").click()
    expect(page.locator(".is-error")).to_have_count(0)


def test_from_a_filled_demo_to_an_alert_that_opens_exactly_the_frustrated_sessions(
    alices: Page, live_server: LiveServer, project: Project, alice: User, settings: Settings
) -> None:
    page, here = alices, live_server.url
    fill(project)
    settings.TRANSLATION_HOSTS = ["127.0.0.1"]
    with served() as endpoint, receiving() as receiver:
        settings.ALERT_HOSTS = [f"127.0.0.1:{receiver.port}"]
        endpoint.answer = says_by_words
        choose_model(page, here + reverse("project-providers", args=[project.pk]), endpoint.url)
        assert ModelProvider.objects.get().consent_by == alice.email

        page.goto(here + reverse("judges", args=[project.pk]))
        page.get_by_role("link", name=re.compile("^Frustrated")).click()
        expect(page.get_by_label("Question")).to_have_value(re.compile(QUESTION))
        expect(page.get_by_label("Answer")).to_contain_text("frustrated: yes or no")
        page.get_by_label("Judge when quiet for").fill("0")
        click(page, "Save judge")
        click(page, "Switch on v1")
        expect(page.get_by_text("v1 is on")).to_be_visible()

        page.get_by_role("link", name="Backfill").click()
        click(page, "Show price")
        expect(page.locator(".price")).to_contain_text("about $0.00")
        click(page, f"Judge these {DEMO_SESSIONS}")
        expect(page.get_by_text("0 of 12 sessions judged")).to_be_visible()
        work(project)
        expect(page.get_by_text("12 of 12 sessions judged")).to_be_visible()  # the page looks by itself

        rows = Verdict.objects.for_project(project).filter(is_current=True)
        answers = {row.session_id: row.answer for row in rows}
        assert set(answers.values()) == {"yes", "no"}
        [config] = load_configs(project)
        for session_id, answer in sorted(answers.items())[:4]:
            scoring.give(project, Target(session_id=session_id), config, ScoreAnswer(answer), by=alice)
        page.goto(here + reverse("judges", args=[project.pk]))
        reads_as_card(page)
        page.get_by_role("link", name="Frustrated?", exact=True).click()
        page.get_by_role("link", name="Test", exact=True).click()
        expect(page.get_by_text("Agrees with people in 4 of 4")).to_be_visible()

        page.goto(here + reverse("alert-channels", args=[project.pk]))
        page.get_by_label("Name").fill("Hook")
        page.get_by_label("Kind").select_option("webhook")
        page.get_by_label("Address").fill(receiver.url)
        click(page, "Add channel")
        page.goto(here + reverse("alert-new", args=[project.pk]))
        page.get_by_label("Name").fill("Frustrated people")
        page.get_by_label("Sessions that match").fill("score.frustrated:yes")
        page.get_by_label("Hook").check()
        click(page, "Save")
        expect(page.get_by_text("Nothing has fired yet.")).to_be_visible()
        knowing.know_sessions(project, Alert.objects.for_project(project).get(), time.monotonic() + watched.SOON)
        watched.work(project)

        tell_one(project, "angry", [("Where is my order?", "At home."), ("This is terrible!", "Sorry.")])
        work(project)
        watched.work(project)
        tell_now(project)
        send(project)
        [message] = receiver.bodies
        assert message["firing"]["sessions"] == 1
        page.goto(here + re.sub("^https?://[^/]+", "", message["firing"]["url"]))
        expect(page.locator("tbody tr[data-version]")).to_have_count(1)
        expect(page.get_by_text("angry").first).to_be_visible()
    assert Session.objects.for_project(project).count() == DEMO_SESSIONS + 1
