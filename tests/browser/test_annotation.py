"""Annotating and reviewing, by mouse and by keyboard, alone and side by side."""

import time
from collections.abc import Callable
from typing import Any

import pytest
from django.core.signals import request_started
from playwright.sync_api import Browser, BrowserContext, Page, expect
from pytest_django.live_server_helper import LiveServer

from projects.models import Project, User
from sessions.annotation import configs, queues
from sessions.models import Comment, ReviewQueue, ScoreConfig
from tests.conversations import tell
from tracing.models import Score

pytestmark = pytest.mark.django_db(transaction=True)

FETCHED_AHEAD = """() => performance.getEntriesByType("resource")
  .some((entry) => entry.name.includes("/next?after=") && entry.responseEnd > 0)"""


@pytest.fixture
def asked(project: Project, alice: User) -> tuple[ScoreConfig, ScoreConfig]:
    labels = configs.categories_of(["refund", "delivery", "praise"])
    topic = configs.create(project, {"name": "a topic", "data_type": "CATEGORICAL", "categories": labels}, by=alice)
    return topic, configs.create(project, {"name": "b solved", "data_type": "BOOLEAN"}, by=alice)


@pytest.fixture
def queue(project: Project, alice: User, asked: tuple[ScoreConfig, ScoreConfig]) -> ReviewQueue:
    made = queues.create(project, {"name": "Weekly", "score_config_ids": [config.id for config in asked]}, by=alice)
    ids = [f"s{number}" for number in range(6)]
    for session_id in ids:
        tell(project, session_id, [(f"Where is {session_id}?", "On its way.")])
    queues.enqueue(made, ids, alice)
    return made


def test_a_session_and_its_turns_are_annotated_in_place(
    alices: Page,
    live_server: LiveServer,
    project: Project,
    asked: tuple[ScoreConfig, ScoreConfig],
    axe: Callable[..., None],
) -> None:
    trace_id = tell(project, "s", [("Where is it?", "It is on its way.")])[0]
    page = alices
    page.goto(f"{live_server.url}/project/{project.pk}/sessions/s")

    # A thumb on the turn, pressed at once and still after a reload.
    page.get_by_role("button", name="Good answer").click()
    expect(page.get_by_role("button", name="Good answer")).to_have_attribute("aria-pressed", "true")
    page.reload()
    expect(page.get_by_role("button", name="Good answer")).to_have_attribute("aria-pressed", "true")
    expect(page.locator("[data-marks]")).to_contain_text("thumbs: yes")

    # The session by keyboard: the summary, two digits, Enter.
    page.get_by_text("Scores and comments").click()
    page.locator("#annotation [type=radio]").first.focus()
    page.keyboard.press("2")
    page.keyboard.press("0")
    page.keyboard.press("Enter")
    expect(page.locator("#annotation .given")).to_contain_text("delivery")
    expect(page.locator("#annotation .given")).to_contain_text("can't tell")

    # A comment, its answer, and its end.
    page.locator("#annotation textarea[name=content]").last.fill("Why so late?")
    page.get_by_role("button", name="Comment", exact=True).click()
    expect(page.locator(".thread")).to_contain_text("alice@example.com")
    page.get_by_role("button", name="Resolve").click()
    expect(page.locator(".thread")).to_contain_text("resolved by alice@example.com")

    # What the answer should have been.
    page.get_by_role("link", name="Comment or correct", exact=True).click()
    turn = page.locator(f"[data-annotated='{trace_id}'] .annotation-body")
    turn.get_by_text("Correct the answer").click()
    turn.locator("textarea[name=correction]").fill("It is late, sorry.")
    turn.get_by_role("button", name="Save correction").click()
    expect(turn.locator(".diff ins").first).to_have_text("late,")
    axe(page)
    page.get_by_role("link", name="Comment or correct", exact=True).click()
    expect(turn).to_be_empty()

    names = sorted(Score.objects.for_project(project).values_list("name", flat=True))
    assert names == ["a topic", "b solved", "correction", "thumbs"]
    assert Comment.objects.for_project(project).get().resolved_by == "alice@example.com"


def test_two_people_work_one_queue_without_collision(
    browser: Browser,
    sign_in: Callable[[BrowserContext, User], None],
    live_server: LiveServer,
    project: Project,
    queue: ReviewQueue,
    alice: User,
    bob: User,
    axe: Callable[..., None],
) -> None:
    pages: list[Page] = []
    complaints: list[str] = []
    for person in (alice, bob):
        context = browser.new_context()
        sign_in(context, person)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(f"{live_server.url}/project/{project.pk}/review")
        page.get_by_role("link", name="Weekly").click()
        page.get_by_role("link", name="Start reviewing").click()
        expect(page.locator(".turn").get_by_text("Where is s")).to_be_visible()
        pages.append(page)
    assert pages[0].url != pages[1].url
    axe(pages[0])

    # In turn, by keys alone, until nothing is left for either.
    for _ in range(6):
        for page in pages:
            if "/items/" not in page.url:
                continue
            before = page.url
            page.keyboard.press("1")
            page.keyboard.press("2")
            page.keyboard.press("Enter")
            page.wait_for_url(lambda url, before=before: url != before)

    for page in pages:
        expect(page.get_by_text("Nothing is left for you")).to_be_visible()
        page.context.close()
    scores = list(Score.objects.for_project(project).values_list("session_id", "author_id", "name", "string_value"))
    assert len(scores) == 12
    assert {(name, value) for _, _, name, value in scores} == {("a topic", "refund"), ("b solved", "False")}
    assert len({(session_id, author) for session_id, author, _, _ in scores}) == 6  # one reviewer for each session
    assert {author for _, author, _, _ in scores} == {alice.pk, bob.pk}
    assert complaints == []


def test_each_page_of_a_queue_is_fetched_once_and_ahead(
    browser: Browser,
    sign_in: Callable[[BrowserContext, User], None],
    live_server: LiveServer,
    project: Project,
    queue: ReviewQueue,
    alice: User,
) -> None:
    fetched: list[tuple[str, str]] = []

    def note(environ: dict[str, str], **_: Any) -> None:
        if environ["REQUEST_METHOD"] == "GET" and "/items/" in environ["PATH_INFO"]:
            fetched.append((environ["PATH_INFO"], environ.get("HTTP_SEC_PURPOSE", "")))

    request_started.connect(note)
    context = browser.new_context()
    sign_in(context, alice)
    page = context.new_page()
    page.goto(f"{live_server.url}/project/{project.pk}/review/{queue.id}")  # a first visit sets the cookie of the zone
    page.goto(f"{live_server.url}/project/{project.pk}/review/{queue.id}/next")
    visited = []
    for place in range(1, 6):
        visited.append(page.url.removeprefix(live_server.url))
        deadline = time.monotonic() + 30
        while not page.evaluate(FETCHED_AHEAD) and time.monotonic() < deadline:
            page.wait_for_timeout(50)  # a fetch that has not ended yet would be made once more
        assert len(fetched) == place + 1
        before = page.url
        page.keyboard.press("1")
        page.keyboard.press("2")
        page.keyboard.press("Enter")
        page.wait_for_url(lambda url, before=before: url != before)
    visited.append(page.url.removeprefix(live_server.url))
    context.close()
    request_started.disconnect(note)

    assert [path for path, _ in fetched] == visited
    assert [purpose for _, purpose in fetched] == ["", *["prefetch"] * 5]


def test_an_answer_that_is_refused_says_why(
    browser: Browser,
    sign_in: Callable[[BrowserContext, User], None],
    live_server: LiveServer,
    project: Project,
    queue: ReviewQueue,
    alice: User,
) -> None:
    context = browser.new_context()
    sign_in(context, alice)
    page = context.new_page()
    page.goto(f"{live_server.url}/project/{project.pk}/review/{queue.id}/next")
    page.get_by_role("button", name="Save and next").click()
    expect(page.get_by_text("Answer at least one question")).to_be_visible()
    before = page.url
    page.keyboard.press("s")
    page.wait_for_url(lambda url: url != before)
    expect(page.locator(".turn").get_by_text("Where is s1")).to_be_visible()
    context.close()


def test_annotating_and_reviewing_work_without_a_script(
    browser: Browser,
    sign_in: Callable[[BrowserContext, User], None],
    live_server: LiveServer,
    project: Project,
    queue: ReviewQueue,
    bob: User,
) -> None:
    context: Any = browser.new_context(java_script_enabled=False, viewport={"width": 390, "height": 800})
    sign_in(context, bob)
    page = context.new_page()
    page.goto(f"{live_server.url}/project/{project.pk}/sessions/s0")
    page.get_by_role("link", name="Comment or correct", exact=True).click()
    page.get_by_label("New comment").fill("Read on paper")
    page.get_by_role("button", name="Comment", exact=True).click()
    expect(page.locator(".thread")).to_contain_text("Read on paper")

    page.goto(f"{live_server.url}/project/{project.pk}/review/{queue.id}/next")
    expect(page.get_by_role("list", name="About the session")).to_contain_text("turn")
    leave, opened = (
        page.get_by_role("link", name=name).bounding_box() for name in ("Leave the review", "Open session")
    )
    assert leave
    assert opened
    assert abs(leave["y"] - opened["y"]) < 12  # the name and the tools share a line
    page.get_by_label("delivery").check()
    page.get_by_role("button", name="Save and next").click()
    before = page.url
    page.get_by_role("button", name="Skip").click()
    page.wait_for_url(lambda url: url != before)
    assert "/items/" in page.url
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    context.close()
    assert Score.objects.for_project(project).get().string_value == "delivery"
