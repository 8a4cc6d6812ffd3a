"""What a stylesheet can break: narrow screens, the dark theme, and contrast; and what hostile texts could do."""

import json
import re

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from projects.models import Project
from sessions.rollup.session_rows import recompute
from tests.conversations import tell
from tests.tracing.reports import call, in_session
from tests.tracing.test_reading import ATTACKS
from tracing.ingest.pipeline import ingest

pytestmark = pytest.mark.django_db(transaction=True)
CONTRAST = """() => {
    const canvas = document.createElement("canvas").getContext("2d", {willReadFrequently: true});
    const rgb = (css) => {
        canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = css; canvas.fillRect(0, 0, 1, 1);
        return canvas.getImageData(0, 0, 1, 1).data;
    };
    const light = (css) => [...rgb(css)].slice(0, 3).map((part) => part / 255)
        .map((part) => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)
        .reduce((sum, part, index) => sum + part * [0.2126, 0.7152, 0.0722][index], 0);
    const behind = (element) => {
        for (let e = element; e; e = e.parentElement) {
            const color = getComputedStyle(e).backgroundColor;
            if (rgb(color)[3] === 255) return color;
        }
        return getComputedStyle(document.documentElement).backgroundColor;
    };
    const faint = [];
    for (const element of document.querySelectorAll("body *")) {
        const words = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
        if (!words || element.closest("[aria-hidden]")) continue;
        if (!element.checkVisibility({visibilityProperty: true})) continue;
        const [one, two] = [light(getComputedStyle(element).color), light(behind(element))];
        const ratio = (Math.max(one, two) + 0.05) / (Math.min(one, two) + 0.05);
        if (ratio < 4.5) faint.push(`${ratio.toFixed(2)} .${element.className}: ${element.textContent.trim()}`);
    }
    return faint;
}"""


def pages(server: LiveServer, project: Project) -> list[str]:
    trace_id = tell(project, "ticket-2611")[0]
    names = [
        ("sessions",), ("session", "ticket-2611"), ("trace", trace_id), ("issues",), ("setup",),
    ]  # fmt: skip
    paths = [reverse(name, args=[project.pk, *args]) for name, *args in names]
    return [server.url + path for path in [*paths, "/?choose", f"/project/{project.pk}/sessions/nope"]]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_words_stand_out_from_their_ground(
    page: Page, sign_in: object, alice: object, live_server: LiveServer, project: Project, theme: str
) -> None:
    sign_in(page.context, alice)  # type: ignore[operator]
    page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]

    for address in pages(live_server, project):
        page.goto(address)
        assert page.evaluate(CONTRAST) == [], address


@pytest.mark.parametrize("width", [360, 390, 800])
def test_no_page_is_wider_than_its_screen(
    page: Page, sign_in: object, alice: object, live_server: LiveServer, project: Project, width: int
) -> None:
    sign_in(page.context, alice)  # type: ignore[operator]
    page.set_viewport_size({"width": width, "height": 780})

    for address in pages(live_server, project):
        page.goto(address)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, address


def test_a_step_is_a_sheet_at_the_bottom_of_a_phone(alices: Page, live_server: LiveServer, project: Project) -> None:
    trace_id = tell(project, "ticket-2611")[0]
    alices.set_viewport_size({"width": 390, "height": 780})
    alices.goto(live_server.url + reverse("trace", args=[project.pk, trace_id]))

    alices.get_by_role("link", name=re.compile("search_orders")).click()

    expect(alices.locator("#panel h2")).to_be_focused()
    box = alices.locator("#panel").bounding_box()
    assert box is not None
    assert box["y"] + box["height"] == pytest.approx(780, abs=1)
    alices.locator("#panel").get_by_role("link", name="Close").click()
    expect(alices.locator("#panel")).to_be_hidden()


def test_the_reader_chooses_a_theme_and_it_stays(alices: Page, live_server: LiveServer, project: Project) -> None:
    address = live_server.url + reverse("setup", args=[project.pk])
    alices.goto(address)
    before = alices.evaluate("getComputedStyle(document.documentElement).backgroundColor")

    alices.locator("summary", has_text="alice@example.com").click()
    alices.get_by_label("Appearance").select_option("dark")
    after = alices.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    alices.goto(address)

    assert before != after
    assert alices.evaluate("getComputedStyle(document.documentElement).backgroundColor") == after


def test_nothing_that_a_trace_says_can_run(alices: Page, live_server: LiveServer, project: Project) -> None:
    """`alices` fails when a dialog opens or the content security policy has to step in."""
    hostile = "\n\n".join(ATTACKS)
    session_id = "<img src=x onerror=alert(1)>"
    messages = json.dumps([{"role": "<b onclick=alert(1)>", "name": hostile[:80], "content": hostile}])
    claims = in_session(session_id, user_id='"><script>alert(1)</script>', tags=ATTACKS[:5], name=ATTACKS[1])
    raw = {"attributes": {ATTACKS[0]: hostile}, "events": [{"name": ATTACKS[1], "attributes": {"a": hostile}}]}
    ingest(
        project.pk,
        [
            call(
                "t1", "s1", name=ATTACKS[0], model=ATTACKS[1], input=messages, output=hostile, claims=claims,
                raw=raw,
            ),
            call("t1", "</script>'\"", "s1", input=json.dumps({hostile: hostile}), status_message=ATTACKS[0]),
        ],
    )  # fmt: skip
    recompute(project.pk, [session_id])

    alices.goto(live_server.url + reverse("sessions", args=[project.pk]))
    alices.locator(".said-link").click()
    alices.locator("details.steps > summary").click()
    for number in range(2):
        alices.locator(".span-link").nth(number).click()
        expect(alices.locator(".span-link").nth(number)).to_have_attribute("aria-current", "true")
    alices.goto(live_server.url + reverse("trace", args=[project.pk, "t1"]) + "?span=s1")

    assert alices.locator(".prose :is(script, img, iframe, svg, style, form, input, math)").count() == 0
    assert alices.locator("a[href^='javascript'], a[href^='data'], a[href^='vbscript']").count() == 0
