"""Measures how fast the page of one session loads, and how much memory a browser needs for it.

Run `.venv/bin/python -m benchmarks.session_page [--traces 20000] [--no-browser] [--json FILE]`."""

import argparse
import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from benchmarks.chromium import Chromium, Tab, chromium
from benchmarks.machine import description, load_note, median, percentile
from benchmarks.server import Confab, running
from benchmarks.table import show, verdict, write

SHORT, LONG = "thirty-turns", "long-run"
BATCH = 250  # traces
REQUESTS = 60
LOADS = 10
REST = 10  # seconds
HISTORY = 12  # messages that each turn repeats
WORDS = "It left our warehouse on Monday, and the carrier says that it arrives tomorrow before noon. " * 6
# The scripts have run and a turn is painted.
USABLE = """(() => {
    const [page] = performance.getEntriesByType("navigation");
    const [paint] = performance.getEntriesByName("first-contentful-paint");
    return document.querySelector(".turn") && globalThis.conversation && paint && page.domContentLoadedEventEnd
        && Math.max(page.domContentLoadedEventEnd, paint.startTime); })()"""
SCROLL = """scrollTo(0, document.body.scrollHeight);
    Math.max(...[...document.querySelectorAll('.turn')].map((turn) => Number(turn.dataset.number)))"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--traces", type=int, default=20_000)
    parser.add_argument("--no-browser", action="store_true")
    parser.add_argument("--database-url")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    print(description(), load_note(), sep="\n")
    with running(options.database_url) as confab:
        confab.join()
        tell(confab.project_id, SHORT, 30)
        tell(confab.project_id, LONG, options.traces)
        confab.wait_for("session", "trace")
        cookie = _cookie()
        results = _measure_server(confab, cookie, options.traces)
        if not options.no_browser:
            results |= _measure_browser(confab, cookie, options.traces)
    show("The page of a session", ("figure", "measured", "goal"), [_row(*item) for item in results.items()])
    write(options.json, results)


GOALS = {
    "30 turns, server p95 ms": 50.0,
    "30 turns, usable in Chromium p95 ms": 500.0,
    "30 turns, usable on a first visit p95 ms": 500.0,
    "long, first view p95 ms": 100.0,
    "long, its middle p95 ms": 100.0,
    "long, timeline p95 ms": 100.0,
    "long, memory of the tab at its end MB": 150.0,
}


def _row(name: str, value: float) -> tuple[str, str, str]:
    return name, f"{value:,.0f}", verdict(value, GOALS[name], at_most=True) if name in GOALS else ""


def tell(project_id: int, session_id: str, count: int) -> None:
    """Through ingestion: a root, a tool and a model call for each turn, the call with its history."""
    from sessions.rollup.session_rows import recompute
    from tracing.ingest.pipeline import ingest

    reports = [report for number in range(count) for report in _turn(session_id, number)]
    for start in range(0, len(reports), BATCH * 3):
        ingest(project_id, reports[start : start + BATCH * 3])
    recompute(project_id, [session_id])


def _turn(session_id: str, number: int) -> Iterator[Any]:
    from tracing.records import Claims, Kind, Level, SpanRecord
    from tracing.token_usage import Usage

    began = datetime.now(UTC).replace(microsecond=0) - timedelta(days=2) + timedelta(seconds=number * 8)
    times: dict[str, Any] = {"started_at": began, "ended_at": began + timedelta(seconds=3)}
    trace_id = f"{session_id}-{number}"
    past = range(max(0, number - HISTORY // 2), number)
    history = [{"role": role, "content": f"{n} {WORDS}"} for n in past for role in ("user", "assistant")]
    history.append({"role": "user", "content": f"{number} {WORDS}"})
    answer = json.dumps([{"role": "assistant", "content": f"{number} **{WORDS}**\n\n- one\n- two"}])
    claims = Claims(session_id=session_id, user_id="user-a", tags=["support"], environment="production")
    yield SpanRecord(
        trace_id, "root", None, name="turn", input=json.dumps(history), output=answer, claims=claims, **times
    )
    level = Level.ERROR if number % 50 == 49 else None
    yield SpanRecord(
        trace_id, "tool", "root", name="search", kind=Kind.TOOL, level=level, input='{"id": 1}', output="[]", **times
    )
    yield SpanRecord(
        trace_id, "call", "root", name="chat", kind=Kind.GENERATION, model="gpt-4o", usage=Usage(800, 60),
        input=json.dumps(history), output=answer, **times,
    )  # fmt: skip


def _cookie() -> tuple[str, str]:
    """Signs the owner in."""
    from django.conf import settings
    from django.test import Client

    from projects.models import User

    client = Client()
    client.force_login(User.objects.get())
    return settings.SESSION_COOKIE_NAME, client.cookies[settings.SESSION_COOKIE_NAME].value


def _measure_server(confab: Confab, cookie: tuple[str, str], traces: int) -> dict[str, float]:
    middle = f"turn={LONG}-{traces // 2}"
    pages = {
        "30 turns, server": (SHORT, ""),
        "long, first view": (LONG, ""),
        "long, its middle": (LONG, middle),
        "long, timeline": (LONG, "timeline"),
        "long, find": (LONG, "find=9999&hits=1"),
    }
    taken = {name: _asked(confab, cookie, *page) for name, page in pages.items()}
    shares = {"p50": 0.5, "p95": 0.95}
    return {f"{name} {p} ms": percentile(taken[name], share) for name in pages for p, share in shares.items()}


def _asked(confab: Confab, cookie: tuple[str, str], session_id: str, query: str) -> list[float]:
    """Milliseconds from the request to the last byte of the answer, one request after the other."""
    headers = {"Cookie": "=".join(cookie)}
    if query.startswith(("timeline", "find")):
        headers["HX-Request"] = "true"
    connection, taken = confab.connection(), []
    for _ in range(REQUESTS):
        began = time.perf_counter()
        connection.request("GET", f"/project/{confab.project_id}/sessions/{session_id}?{query}", headers=headers)
        answer = connection.getresponse()
        body = answer.read()
        taken.append((time.perf_counter() - began) * 1000)
        if answer.status != 200 or len(body) > 300_000:
            raise SystemExit(f"{answer.status} with {len(body):,} bytes for {session_id}?{query}")
    return taken[3:]  # the first ones compile templates


def _measure_browser(confab: Confab, cookie: tuple[str, str], traces: int) -> dict[str, float]:
    pages = f"http://127.0.0.1:{confab.port}/project/{confab.project_id}/sessions"
    signed_in = {"name": cookie[0], "value": cookie[1], "url": pages}
    with chromium() as browser:
        first, again = _loads(browser, signed_in, f"{pages}/{SHORT}")
        results = {
            "30 turns, usable in Chromium p50 ms": median(again),
            "30 turns, usable in Chromium p95 ms": percentile(again, 0.95),
            "30 turns, usable on a first visit p50 ms": median(first),
            "30 turns, usable on a first visit p95 ms": percentile(first, 0.95),
        }
        tab = browser.tab(signed_in)
        tab.open(f"{pages}/{LONG}")
        results |= _jumped(tab) | _scrolled(tab, f"{pages}/{LONG}", traces)
        results["long, memory of the tab at its end MB"] = browser.largest_tab_mb()
        time.sleep(REST)
        results["long, memory of the tab ten seconds later MB"] = browser.largest_tab_mb()
    return results


def _loads(browser: Chromium, cookie: dict[str, str], page: str) -> tuple[list[float], list[float]]:
    """Milliseconds until a page is usable: with an empty cache, and once its styles and scripts were read before."""
    first: list[float] = []
    again: list[float] = []
    for _ in range(LOADS):
        tab = browser.tab(cookie)
        for taken in (first, again):
            tab.open(page)
            taken.append(float(tab.wait_for(USABLE)))
            time.sleep(0.5)
        tab.close()
    return first, again


def _jumped(tab: Tab) -> dict[str, float]:
    """From the beginning into the middle, by the timeline."""
    tab.wait_for("document.querySelectorAll('.strip-bar').length")
    began = time.perf_counter()
    tab.evaluate("document.querySelectorAll('.strip-bar')[120].dispatchEvent(new MouseEvent('click', {bubbles: true}))")
    tab.wait_for("document.querySelector('.turn.here') !== null")
    return {"long, jump into its middle ms": (time.perf_counter() - began) * 1000}


def _scrolled(tab: Tab, page: str, traces: int) -> dict[str, float]:
    tab.open(page)
    began = time.perf_counter()
    while (tab.evaluate(SCROLL) or 0) < traces:
        time.sleep(0.04)
    spent = time.perf_counter() - began
    return {
        "long, seconds to scroll to its end": spent,
        "long, JavaScript heap at its end MB": tab.evaluate("performance.memory.usedJSHeapSize") / 1e6,
        "long, elements in the page at its end": float(tab.evaluate("document.querySelectorAll('*').length")),
    }


if __name__ == "__main__":
    main()
