"""Setup, settings, issues and documentation in a browser: no rule of WCAG broken, nothing wider than a phone."""

from collections.abc import Callable

from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from projects.audit import Action
from projects.audit import record as record_deed
from projects.models import Project, User
from tests.tracing.reports import in_session, span
from tracing.ingest.pipeline import ingest
from tracing.records import Issue, Reason, Sdk
from tracing.store.issues import record

TOO_WIDE = "document.documentElement.scrollWidth - innerWidth"
LEAVE_A_MESSAGE = "(form) => fetch(form.action, {method: 'POST', body: new FormData(form), redirect: 'manual'})"
# Words of a table that take more than one line.
BROKEN_WORDS = """(table) => {
    const broken = [], texts = document.createTreeWalker(table, NodeFilter.SHOW_TEXT), range = new Range();
    while (texts.nextNode()) for (const {0: word, index} of texts.currentNode.data.matchAll(/\\S+/g)) {
        range.setStart(texts.currentNode, index);
        range.setEnd(texts.currentNode, index + word.length);
        if (new Set([...range.getClientRects()].map((box) => box.top)).size > 1) broken.push(word);
    }
    return broken;
}"""
# From the end of a message to what is painted next: text, a border or a ground.
GAP = """(notice) => {
    const isPainted = (one, style) => style.borderTopWidth !== "0px" || style.backgroundColor !== "rgba(0, 0, 0, 0)"
        || [...one.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
    const tops = [...notice.parentElement.querySelectorAll("*")]
        .filter((one) => notice.compareDocumentPosition(one) & Node.DOCUMENT_POSITION_FOLLOWING)
        .filter((one) => !notice.contains(one) && one.checkVisibility() && one.offsetWidth > 1)
        .filter((one) => isPainted(one, getComputedStyle(one)))
        .map((one) => one.getBoundingClientRect().top);
    return Math.min(...tops) - notice.getBoundingClientRect().bottom;
}"""


def test_pages_keep_the_rules_and_their_width(
    alices: Page, live_server: LiveServer, project: Project, axe: Callable[..., None]
) -> None:
    ingest(project.pk, [span("trace-1", "root", name="support turn", claims=in_session("s" * 201))])
    record(project.pk, [Issue(Reason.TEXT_CUT, "x" * 200)], Sdk("an-sdk-with-a-long-name", "1.2.3"), timezone.now())
    paths = [
        "/docs/api",
        reverse("setup", args=[project.pk]),
        reverse("issues", args=[project.pk]),
        reverse("project-usage", args=[project.pk]),
        reverse("project-prices", args=[project.pk]),
        reverse("project-providers", args=[project.pk]) + "?translation=deepl&judging=anthropic",
        reverse("organization-audit", args=[project.organization_id]),
    ]
    for path in paths:
        alices.set_viewport_size({"width": 1440, "height": 900})
        alices.goto(live_server.url + path)
        axe(alices)
        alices.set_viewport_size({"width": 390, "height": 844})
        assert alices.evaluate(TOO_WIDE) <= 0, path


def test_the_audit_log_is_as_wide_as_the_page_and_breaks_no_word(
    alices: Page, live_server: LiveServer, project: Project, alice: User
) -> None:
    trace = f"trace {'0910cd6006' * 3}"
    record_deed(Action.SCORE_GIVEN, project, actor=alice, target=trace, name="thumbs", value=False)
    record_deed(Action.BULK_ACTION, project, actor=alice, target="queue", query="tag:vip", sessions=3)
    alices.set_viewport_size({"width": 1440, "height": 900})
    alices.goto(live_server.url + reverse("organization-audit", args=[project.organization_id]))
    table = alices.locator("table", has=alices.get_by_role("columnheader", name="Details"))

    assert table.evaluate("(table) => innerWidth - table.getBoundingClientRect().right") < 100
    assert table.evaluate(BROKEN_WORDS) == []


def test_a_message_does_not_touch_what_follows(alices: Page, live_server: LiveServer, project: Project) -> None:
    names = ("setup", "sessions", "dashboard", "cohorts", "project-settings")
    pages = [
        *(reverse(name, args=[project.pk]) for name in names),
        reverse("organization-members", args=[project.organization_id]),
        reverse("account_reset_password"),
        "/?choose",
    ]
    for page in pages:
        alices.goto(live_server.url + reverse("account"))
        form = alices.locator("main form", has=alices.get_by_role("button", name="Save"))
        form.evaluate(LEAVE_A_MESSAGE)
        alices.goto(live_server.url + page)
        message = alices.get_by_role("status").filter(has_text="Your profile is saved")
        for width in (1440, 390):
            alices.set_viewport_size({"width": width, "height": 844})
            expect(message).to_be_visible()
            assert message.evaluate(GAP) >= 8, (page, width)


def test_a_language_of_a_request_is_chosen_without_a_script(alices: Page, live_server: LiveServer) -> None:
    context = alices.context.browser.new_context(java_script_enabled=False)  # type: ignore[union-attr]
    page = context.new_page()
    page.goto(f"{live_server.url}/docs/api")
    page.locator(".code-tab", has_text="Python").first.click()

    expect(page.locator(".code-panel:visible pre").first).to_contain_text("import httpx")
    context.close()
