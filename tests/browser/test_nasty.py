"""A session with what breaks layouts: names and ids without end, wide tables and code, scripts of all directions."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from projects.models import Project
from sessions.rollup.session_rows import recompute
from tests.browser.test_list_at_a_glance import CUT_BARE
from tests.tracing.reports import at, call, failed, in_session, span
from tracing.ingest.pipeline import ingest
from tracing.records import Kind

pytestmark = pytest.mark.django_db(transaction=True)
USER = "customer-relations-and-after-sales-department.of.the.northern.region@subsidiary.example.com" * 2
MODEL = "accounts/fireworks/models/deepseek-v3-0324-instruct-quantized-fp8-long-context-preview-eu"
TABLE = "| Orderable | Share of total | Customer |\n|---|---|---|\n" + "\n".join(
    f"| A247-{n} | {n}.5 % | {'https://shop.example.com/orders/' + 'x' * 60} |" for n in range(3)
)
SAID = (
    (f"# Orders\n\n{TABLE}\n\n- [x] checked the order\n- [ ] refunded it", "`" + "y" * 400 + "` and " + "z" * 500),
    ("مرحبا، أين طلبي رقم A247-1206؟ دفعت 39.90€ قبل أسبوعين.", "وصلت زجاجتك. هل تريد **تحويلا** أم رصيدا؟"),
    ("注文番号A247-1206の荷物がまだ届いていません。" * 12, "```python\n" + "total = " + "a + " * 120 + "0\n```"),
    ("👩‍👩‍👧‍👦" * 80 + "é" * 30, "> " + "quoted " * 200),
)

# The classes of what ends right of the page's own end.
RUNS_OUT = """() => {
    const end = document.querySelector("main").getBoundingClientRect().right + 1;
    const parts = document.querySelectorAll(".msg-name, .msg-meta, .call-name, .call > summary, .chip, h1");
    return [...parts].filter((part) => part.getBoundingClientRect().right > end).map((part) => part.className);
}"""
LINES = "(cell) => { const range = new Range(); range.selectNodeContents(cell); return range.getClientRects().length; }"


def tell_nasty(project: Project, session_id: str) -> None:
    for number, (asked, answered) in enumerate(SAID):
        times: dict[str, Any] = {"started_at": at(number * 100), "ended_at": at(number * 100 + 3)}
        claims = in_session(session_id, user_id=USER, tags=[f"tag-{n}-{'x' * 20}" for n in range(25)])
        spans = [
            call(
                f"n{number}", "a", input=asked, output=answered, model=MODEL,
                claims=claims, **times,
            ),
            failed(
                f"n{number}", "b", "a", name="find_" + "orders_" * 20, kind=Kind.TOOL, status_message="refused " * 60,
                input=json.dumps({"order_id": "A247", "k" * 90: "v" * 900}), **times,
            ),
            span(
                f"n{number}", "c", "a", name="look_up", kind=Kind.TOOL, input='{"q": "注文"}',
                output=json.dumps({"state": "مرتجع", "amount": 39.9, "note": "n" * 900}), **times,
            ),
        ]  # fmt: skip
        ingest(project.pk, spans)
    recompute(project.pk, [session_id])


def test_nothing_runs_out_of_its_place(
    alices: Page, live_server: LiveServer, project: Project, axe: Callable[..., None]
) -> None:
    tell_nasty(project, "session-" + "without-an-end-" * 11)
    alices.goto(live_server.url + reverse("session", args=[project.pk, "session-" + "without-an-end-" * 11]))
    expect(alices.locator(".turn")).to_have_count(len(SAID))

    for width in (1440, 1024, 390):
        alices.set_viewport_size({"width": width, "height": 900})
        assert alices.evaluate("document.documentElement.scrollWidth") <= width
        wide = alices.evaluate(RUNS_OUT)
        assert wide == []
        for place in (".session-top", ".inspector"):
            assert alices.locator(place).evaluate(CUT_BARE) == [], (place, width)

    expect(alices.locator("#headline a", has_text="customer-relations")).to_contain_text("…")
    expect(alices.locator(".turn-open").first).to_have_css("opacity", "1")  # nothing hovers on a phone
    heads = alices.locator(".prose th")
    expect(heads).to_have_text(["Orderable", "Share of total", "Customer"])
    assert heads.nth(0).evaluate(LINES) == 1  # the word is whole, however narrow the table
    expect(alices.locator(".prose .task")).to_have_text(["☑", "☐"])
    expect(alices.locator(".msg-name").first).to_contain_text("…")
    expect(alices.locator(".call-time").first).to_be_visible()
    axe(alices, within="#turns")
    assert alices.locator(".turn [lang=ar]").first.evaluate("(text) => getComputedStyle(text).direction") == "rtl"
