"""The page of one session in a real browser: reading, jumping, replaying, finding, and watching it grow."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from django.urls import reverse
from playwright.sync_api import Browser, BrowserContext, Page, expect
from pytest_django.fixtures import Settings
from pytest_django.live_server_helper import LiveServer

from projects.models import Project, User
from sessions.replay import turns
from sessions.rollup.session_rows import recompute
from tests.conftest import Key
from tests.conversations import TICKET, tell
from tests.sessions.large import tell_long
from tests.tracing.reports import at, call, in_session, span
from tests.tracing.test_reading import ATTACKS
from tracing.ingest.pipeline import ingest
from tracing.records import Kind
from tracing.store.media import File, keep, path_of

SNIPPETS = Path(__file__).parent.parent / "sdk" / "snippets"
pytestmark = pytest.mark.django_db(transaction=True)


def page_of(server: LiveServer, project: Project, session_id: str = "ticket-1") -> str:
    return server.url + reverse("session", args=[project.pk, session_id])


def test_a_conversation_is_read_without_opening_anything(
    alices: Page, live_server: LiveServer, project: Project, axe: Callable[..., None]
) -> None:
    tell(project, "ticket-1")
    alices.goto(page_of(live_server, project))

    expect(alices.locator(".turn strong", has_text="warehouse")).to_be_visible()
    expect(alices.get_by_text("pick it up at the station")).to_be_visible()
    expect(alices.locator(".idle", has_text="58 s idle")).to_be_visible()
    expect(alices.locator(".strip-bar")).to_have_count(2)
    alices.locator(".turn .call summary").first.click()
    expect(alices.locator(".turn .call .json").first).to_contain_text("12345")
    axe(alices)


def test_a_language_that_runs_to_the_left_has_its_faces_at_the_right(
    alices: Page, live_server: LiveServer, project: Project
) -> None:
    tell(project, "arabic", [("أين طلبي؟", "سيصل غدًا إن شاء الله."), ("شكرًا", "على الرحب والسعة.")])
    tell(project, "english")

    def sides(session_id: str) -> tuple[bool, bool]:
        """Whether faces and the head of a tool call stand right of the words that follow them."""
        alices.goto(page_of(live_server, project, session_id))
        turn, call = alices.locator(".turn").first, alices.locator(".call > summary").first
        pairs = ((turn, ".avatar", ".msg-body"), (call, ".call-name", ".call-time"))
        places = [[part.locator(name).first.bounding_box() or {} for name in names] for part, *names in pairs]
        return tuple(mark["x"] > words["x"] for mark, words in places)  # type: ignore[return-value]

    assert sides("arabic") == (True, False)
    expect(alices.locator(".steps-link").first).to_have_css("direction", "ltr")
    assert sides("english") == (False, False)


def test_steps_fold_narrow_and_open_beside(
    alices: Page, live_server: LiveServer, project: Project, axe: Callable[..., None]
) -> None:
    tell(project, "ticket-1", TICKET[:1])
    alices.goto(page_of(live_server, project))
    turn = alices.locator(".turn").first

    turn.locator("summary", has_text="3 steps").click()
    expect(turn.locator(".span-row")).to_have_count(3)
    turn.get_by_role("button", name="Steps inside handle_turn").click()
    expect(turn.locator(".span-row:visible")).to_have_count(1)
    turn.get_by_role("button", name="Steps inside handle_turn").click()
    turn.get_by_role("button", name="Errors").click()
    expect(turn.locator(".span-row:visible")).to_have_count(1)
    turn.get_by_role("button", name="All steps").click()
    turn.get_by_role("link", name=re.compile("^answer")).click()
    panel = alices.get_by_role("complementary", name="Details of a step")
    expect(panel.get_by_role("heading", name="answer")).to_be_focused()
    expect(panel.get_by_text("gpt-4o")).to_be_visible()
    axe(alices, within="#panel")
    alices.keyboard.press("Escape")
    expect(turn.get_by_role("link", name=re.compile("^answer"))).to_be_focused()


def test_internal_steps_open_by_a_click_and_for_what_is_looked_for(
    alices: Page, live_server: LiveServer, project: Project
) -> None:
    turn = span("t", "root", name="turn", input="Where is it?", claims=in_session("hooks"))
    ingest(project.pk, [turn, *(span("t", f"hook-{n}", "root", name=f"hook {n}") for n in range(20))])
    recompute(project.pk, ["hooks"])
    alices.goto(page_of(live_server, project, "hooks"))
    alices.locator("summary", has_text="21 steps").click()

    rows = alices.locator(".span-row").filter(visible=True)
    expect(rows).to_have_count(1)
    alices.locator(".span-link").first.focus()
    alices.keyboard.press("j")
    expect(alices.locator("summary", has_text="20 internal steps")).to_be_focused()
    alices.keyboard.press("Enter")
    expect(rows).to_have_count(21)
    alices.keyboard.press("Enter")
    expect(rows).to_have_count(1)
    alices.get_by_role("searchbox", name="Find a step").fill("hook 7")
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text("hook 7")
    alices.get_by_role("searchbox", name="Find a step").fill("")
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text("turn")


def test_what_comes_while_reading_makes_no_document(
    alices: Page, live_server: LiveServer, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turns, "WINDOW_BUDGET_CHARACTERS", 200)
    tell(project, "long", [(f"Question {number}", f"Answer {number}") for number in range(1, 31)])
    alices.goto(page_of(live_server, project, "long"))
    alices.wait_for_load_state("networkidle")
    asked: list[str] = []
    alices.on("request", lambda request: asked.append(request.resource_type) if "?read=" in request.url else None)

    alices.evaluate("scrollTo(0, document.body.scrollHeight)")
    unread = alices.locator(".turn[data-number='25']")
    expect(unread).to_be_attached()
    unread.scroll_into_view_if_needed()

    expect(unread.get_by_text("Read this turn")).to_have_count(0)
    assert set(asked) == {"fetch"}  # htmx would make a document of each answer, which costs a tab megabytes


def test_a_long_session_is_walked_jumped_and_forgotten(alices: Page, live_server: LiveServer, project: Project) -> None:
    tell_long(project, "long", 2_000)
    alices.emulate_media(reduced_motion="reduce")
    alices.goto(page_of(live_server, project, "long"))
    expect(alices.locator(".turn").first).to_be_visible()

    for number in range(25, 251, 15):
        alices.evaluate("scrollTo(0, document.body.scrollHeight)")
        expect(alices.locator(f".turn[data-number='{number}']")).to_be_attached()
    expect(alices.locator(".window[data-emptied]").first).to_be_attached()
    expect(alices.locator(".turn[data-number='25']")).to_have_count(0)
    read_on = alices.locator(".turn[data-number='240']")
    read_on.get_by_role("link", name="Comment or correct").focus()
    alices.keyboard.press("Enter")
    expect(read_on.locator("[data-annotate-panel]")).to_be_visible()
    read_on.get_by_role("button", name="Good answer").click()
    expect(read_on.get_by_role("button", name="Good answer")).to_have_attribute("aria-pressed", "true")
    alices.evaluate("scrollTo(0, 0)")
    expect(alices.locator(".turn[data-number='1']")).to_be_visible()

    alices.locator(".strip-bar").nth(120).click()
    expect(alices.locator(".turn.here")).to_be_in_viewport()
    number = int(alices.locator(".turn.here").get_attribute("data-number") or 0)
    assert 900 < number < 1_100
    expect(alices).to_have_url(re.compile(r"turn=\w+.*#trace-"))
    alices.mouse.wheel(0, -300)
    expect(alices.locator(f".turn[data-number='{number - 10}']")).to_be_attached()
    expect(alices.locator(".turn.here")).to_be_attached()


def test_words_are_found_and_jumped_to(alices: Page, live_server: LiveServer, project: Project) -> None:
    tell_long(project, "long", 500)
    alices.goto(page_of(live_server, project, "long"))

    alices.keyboard.press("/")
    alices.keyboard.type("answer 43")
    alices.keyboard.press("Enter")
    expect(alices.locator("#hits [role=status]")).to_contain_text("11 turns say")
    alices.get_by_role("button", name="Next hit").click()
    alices.get_by_role("button", name="Next hit").click()
    expect(alices.locator(".turn.here")).to_have_attribute("data-number", "430")


def test_what_is_found_is_marked(alices: Page, live_server: LiveServer, project: Project) -> None:
    trace_ids = tell(project, "ticket-1")

    alices.goto(page_of(live_server, project) + f"?turn={trace_ids[1]}&find=STATION#trace-{trace_ids[1]}")

    expect(alices.locator("#hits mark")).to_have_text("station")
    assert alices.evaluate("CSS.highlights.get('find').size") == 1


def test_a_session_is_replayed(alices: Page, live_server: LiveServer, project: Project) -> None:
    alices.emulate_media(reduced_motion="reduce")
    tell(project, "ticket-1")
    alices.goto(page_of(live_server, project))
    player = alices.get_by_role("group", name="Replay")

    player.get_by_role("button", name="One message on").click()
    expect(alices.get_by_text("My order #12345").first).to_be_visible()
    expect(alices.locator(".turn strong", has_text="warehouse")).to_be_hidden()
    expect(alices).to_have_url(re.compile(r"at=1\.0"))
    head = alices.locator(".turn").first.get_by_text("Assistant", exact=True)
    expect(head).to_be_hidden()
    alices.locator("h1").click()
    alices.keyboard.press("ArrowRight")
    expect(head).to_be_visible()
    expect(alices.locator(".turn .call").first).to_be_visible()
    expect(alices.locator(".turn strong", has_text="warehouse")).to_be_hidden()
    alices.keyboard.press("ArrowRight")
    expect(alices.locator(".turn strong", has_text="warehouse")).to_be_visible()
    expect(alices.get_by_text("Can I still change the address?")).to_be_hidden()
    player.get_by_label("Speed").select_option("32")
    alices.locator("h1").click()
    alices.keyboard.press("Space")
    expect(alices.get_by_text("pick it up at the station")).to_be_visible()
    expect(player.get_by_role("button", name="Replay")).to_have_attribute("aria-pressed", "false")

    alices.goto(page_of(live_server, project) + "?at=2.0")
    expect(alices.get_by_text("Can I still change the address?").first).to_be_visible()
    expect(alices.get_by_text("pick it up at the station")).to_be_hidden()
    player.get_by_role("button", name="Stop").click()
    expect(alices.get_by_text("pick it up at the station")).to_be_visible()


def test_a_growing_session_keeps_what_is_open(alices: Page, live_server: LiveServer, project: Project) -> None:
    tell(project, "ticket-1", TICKET[:1])
    alices.goto(page_of(live_server, project))
    alices.locator("summary", has_text="3 steps").click()
    expect(alices.locator(".span-row")).to_have_count(3)

    tell(project, "ticket-1", TICKET)
    alices.evaluate("htmx.trigger('#waiting', 'refresh')")

    expect(alices.get_by_text("pick it up at the station")).to_be_visible()
    expect(alices.locator(".span-row:visible")).to_have_count(3)
    expect(alices.locator("#facts")).to_contain_text("2")


def test_a_member_names_and_marks_a_session(alices: Page, live_server: LiveServer, project: Project) -> None:
    tell(project, "ticket-1")
    alices.goto(page_of(live_server, project))

    alices.get_by_role("button", name="Bookmark").click()
    expect(alices.get_by_role("button", name="Bookmark")).to_have_attribute("aria-pressed", "true")
    alices.locator("summary", has_text="Add title or note").click()
    alices.get_by_label("Title").fill("The late order")
    alices.get_by_role("button", name="Save").click()
    expect(alices.get_by_role("heading", name="The late order")).to_be_visible()


@pytest.mark.parametrize("has_script", [True, False])
def test_a_member_labels_resolves_takes_over_and_finds_a_session_again(
    alice: User,
    bob: User,
    live_server: LiveServer,
    project: Project,
    new_context: Callable[..., BrowserContext],
    sign_in: Callable[[BrowserContext, User], None],
    axe: Callable[..., None],
    has_script: bool,
) -> None:
    tell(project, "ticket-1")
    tell(project, "ticket-2")
    context = new_context(java_script_enabled=has_script)
    sign_in(context, alice)
    page = context.new_page()
    page.goto(page_of(live_server, project))
    own = page.locator(".own-line")

    own.locator("summary[aria-label='Labels']").click()
    own.get_by_label("New label").fill("waiting on bank")
    own.get_by_role("button", name="Add", exact=True).click()
    expect(own.get_by_role("link", name="waiting on bank")).to_be_visible()
    if has_script:
        expect(own.locator("summary[aria-label='Labels']")).to_be_focused()
    own.locator("summary", has_text="No status").click()
    if has_script:
        axe(page, "#own-line")
    own.get_by_role("button", name="Resolved").click()
    expect(own.locator("summary", has_text="Resolved")).to_be_visible()
    own.locator("summary", has_text="Assign").click()
    if not has_script:
        own.get_by_role("link", name="Show all members").click()
        own.locator("summary", has_text="Assign").click()
    expect(own.get_by_role("button", name="bob@example.com")).to_be_visible()
    own.get_by_role("button", name="(you)").click()
    expect(own.locator("summary", has_text="alice@example.com")).to_be_visible()

    page.goto(live_server.url + reverse("sessions", args=[project.pk]))
    page.get_by_role("link", name="Assigned to me", exact=True).click()
    row = page.locator("#rows tr")
    expect(row).to_have_count(1)
    expect(row.locator(".pill")).to_have_text("waiting on bank")
    expect(row.locator(".status")).to_have_attribute("title", "Resolved")
    if has_script:
        axe(page)
    row.locator(".said-link").click()
    own.get_by_role("link", name="waiting on bank").click()
    expect(row).to_have_count(1)
    expect(page.get_by_label("Find sessions")).to_have_value(re.compile("label:"))

    page.locator("#rows input").first.check()
    page.locator("summary[aria-label='More for the selected sessions']").click()
    page.get_by_role("button", name="Remove label…").click()
    page.get_by_role("button", name="Remove label from 1 session").click()
    expect(page.get_by_text("1 session without the label.")).to_be_visible()
    expect(row).to_have_count(0)


def test_no_attack_in_a_trace_runs(
    alices: Page, complaints: list[str], live_server: LiveServer, project: Project
) -> None:
    for number, attack in enumerate(ATTACKS):
        times = {"started_at": at(number), "ended_at": at(number + 0.5)}
        messages = [{"role": "user", "content": attack, "name": attack}]
        report = call(f"t{number}", "a", name=attack, input=json.dumps(messages), output=attack, claims=in_session("x"))
        tool = span(f"t{number}", "b", "a", name=attack, kind=Kind.TOOL, input=attack, output=attack, **times)
        ingest(project.pk, [report, tool])
    recompute(project.pk, ["x"])

    alices.goto(page_of(live_server, project, "x"))
    alices.evaluate("for (const fold of document.querySelectorAll('details')) fold.open = true")
    expect(alices.locator(".span-row").first).to_be_visible()

    assert alices.evaluate("[...document.images].every((image) => image.src.startsWith(location.origin))")
    assert complaints == []


def test_a_picture_that_cannot_be_shown_says_why(
    alices: Page,
    complaints: list[str],
    live_server: LiveServer,
    project: Project,
    settings: Settings,
    tmp_path: Path,
    axe: Callable[..., None],
) -> None:
    settings.MEDIA_ROOT = tmp_path
    whole = (Path(__file__).parents[2] / "docs" / "images" / "session.png").read_bytes()
    files = [File("t", "image/png", content) for content in (whole, b"no picture", b"its file goes", b"never sent")]
    keep(project.pk, files[:3])
    default_storage.delete(path_of(project.pk, files[2].media_id))
    addresses = [*(file.reference for file in files), "https://pictures.example/a.png"]
    shown = {"role": "user", "content": "See", "media": [{"type": "image", "url": address} for address in addresses]}
    ingest(project.pk, [call("t", "a", input=json.dumps([shown]), claims=in_session("x"))])
    recompute(project.pk, ["x"])

    alices.goto(page_of(live_server, project, "x"))
    alices.locator(".turn .file-note").last.scroll_into_view_if_needed()
    for reason in ("it is damaged", "gone from the storage", "never stored", "at pictures.example"):
        expect(alices.locator(".turn .file-note", has_text=reason)).to_be_visible()

    expect(alices.locator(".turn img")).to_have_count(1)
    assert alices.locator(".turn img").evaluate("(image) => image.decode().then(() => image.naturalWidth > 100)")
    assert {complaint.partition(":")[0] for complaint in complaints} == {"Failed to load resource"}
    complaints.clear()
    axe(alices)


def test_without_javascript_a_session_is_read_and_found(
    browser: Browser, live_server: LiveServer, project: Project, alice: User, sign_in: Callable[..., None]
) -> None:
    tell_long(project, "long", 80)
    context = browser.new_context(java_script_enabled=False)
    sign_in(context, alice)
    page = context.new_page()

    page.goto(page_of(live_server, project, "long"))
    page.get_by_role("link", name="Later turns").click()
    expect(page.locator(".turn").first).to_have_attribute("data-number", "11")
    page.get_by_role("link", name="Earlier turns").click()
    expect(page.locator(".turn").first).to_have_attribute("data-number", "1")
    page.get_by_label("Find in this session").fill("question 77")
    page.get_by_role("button", name="Find").click()
    page.locator(".hit-list a").click()
    expect(page.locator(".turn:target")).to_have_attribute("data-number", "77")
    context.close()


def test_what_a_real_sdk_sends_reads_as_a_conversation(
    alices: Page, live_server: LiveServer, project: Project, key: Key, axe: Callable[..., None]
) -> None:
    environment = {"CONFAB_URL": live_server.url, "CONFAB_PUBLIC_KEY": key.public, "CONFAB_SECRET_KEY": key.secret}
    snippet = SNIPPETS / "interactiveai_context_manager.py"
    subprocess.run([sys.executable, snippet], env={**os.environ, **environment}, check=True, timeout=60)
    recompute(project.pk, ["ticket-2611"])

    alices.goto(page_of(live_server, project, "ticket-2611"))

    expect(alices.locator(".turn")).to_have_count(2)
    expect(alices.locator(".turn").nth(0)).to_contain_text("My order #12345 hasn't arrived yet")
    expect(alices.locator(".turn").nth(1)).to_contain_text("It is on its way.")
    alices.locator(".turn").nth(1).locator("summary", has_text="2 steps").click()
    alices.get_by_role("link", name=re.compile("^answer")).click()
    expect(alices.locator("#panel")).to_contain_text("gpt-4o")
    axe(alices)
