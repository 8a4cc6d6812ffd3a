"""What the list of sessions shows at a glance: whole times in one language, heads that stay, names that end with dots,
rows of one height in every script."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Browser, BrowserContext, Page, expect
from pytest_django.live_server_helper import LiveServer

from projects.models import Project, User
from sessions.rollup.session_rows import recompute
from tests.sessions.rows import session
from tests.tracing.reports import call, in_session
from tracing.ingest.pipeline import ingest

pytestmark = pytest.mark.django_db(transaction=True)
LAPTOP = (1440, 900)
LONG = "customer-relations-and-after-sales-department.of.the.northern.region@subsidiary.example.com" * 2
ARABIC = "أحتاج تصحيح الفاتورة INV-2026-7624 لأن الرقم الضريبي ناقص فيها، " * 6
GERMAN = ("vor ", "gestern", "Minute", "Mär", "Mai", "Okt", "Dez", " Uhr", "Januar", "Februar", "Juni", "Juli")
# The text of each cell whose end is cut off.
CUT = "(cells) => cells.filter((cell) => cell.scrollWidth > cell.clientWidth).map((cell) => cell.textContent)"
# What is cut without dots at its end. `.said` is cut after a line, which ends with dots by itself.
CUT_BARE = """(box) => [...box.querySelectorAll("*")].filter((one) => {
    const style = getComputedStyle(one);
    const isCut = one.scrollWidth > one.clientWidth + 1 && style.overflowX !== "visible" && style.display !== "inline";
    return isCut && style.textOverflow !== "ellipsis" && style.webkitLineClamp === "none" && one.clientWidth > 1;
}).map((one) => `${one.tagName}.${one.className}`)"""
# How many lines an element shows, and the part of a line that is left.
LINES = "(one) => one.clientHeight / parseFloat(getComputedStyle(one).lineHeight)"
IN_VIEW = "(one) => { const box = one.getBoundingClientRect(); return [box.x, box.y]; }"


def address(server: LiveServer, project: Project, query: str = "") -> str:
    return server.url + reverse("sessions", args=[project.pk]) + query


def at_width(page: Page, size: tuple[int, int], url: str) -> None:
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.goto(url)
    page.wait_for_load_state("networkidle")


def test_the_time_of_day_of_an_old_session_is_readable(alices: Page, live_server: LiveServer, project: Project) -> None:
    for year in (2023, 2024):
        session(project, f"s{year}", updated_at=datetime(year, 11, 28, 6, 17, tzinfo=UTC))
    session(project, "s", updated_at=timezone.now() - timedelta(days=2))
    at_width(alices, LAPTOP, address(live_server, project))
    cells = alices.locator("#rows td[data-kind='time']")

    expect(cells.nth(1)).to_have_text("28 Nov 2024, 15:17")  # in Tokyo
    expect(cells.first).not_to_contain_text("UTC")
    assert cells.evaluate_all(CUT) == []


def test_heads_and_first_words_stay_while_rows_and_columns_pass(
    alices: Page, live_server: LiveServer, project: Project
) -> None:
    for number in range(50):
        session(project, f"s{number:02}", minute=number, first_input=f"Question {number}")
    columns = (
        "updated_at,created_at,turn_count,total_cost,error_count,tags,user_ids,model_names,environments,session_id"
    )
    at_width(alices, LAPTOP, address(live_server, project, f"?columns={columns}"))
    head = alices.get_by_role("columnheader", name="Last activity")
    said = alices.locator("#rows .said-cell").last
    before, (left, _) = head.evaluate(IN_VIEW), said.evaluate(IN_VIEW)

    alices.get_by_role("region", name="Sessions").evaluate("(box) => box.scrollTo(0, 400)")
    expect(alices.locator("#rows tr").first).not_to_be_in_viewport()
    assert head.evaluate(IN_VIEW) == before
    alices.get_by_role("region", name="Sessions").evaluate("(box) => box.scrollTo(box.scrollWidth, 400)")
    assert head.evaluate(IN_VIEW)[0] < before[0]
    assert said.evaluate(IN_VIEW)[0] == left


# Heads whose end cannot be seen, and cells that do not stand under their heads.
OUT_OF_SIGHT = """(table) => {
    const seen = (one) => { const box = one.getBoundingClientRect();
        return box.width > 40 && one.contains(document.elementFromPoint(box.right - 12, box.y + box.height / 2)); };
    const shown = (row) => [...row.cells].filter((cell) => cell.offsetParent);
    const [heads, ...rows] = [table.tHead.rows[0], ...table.tBodies[0].querySelectorAll("tr:not(.more)")].map(shown);
    const ends = (row) => row.map((cell) => Math.round(cell.getBoundingClientRect().right)).join();
    return [...heads.slice(1).filter((head) => !seen(head)).map((head) => head.innerText),
        ...rows.filter((row) => ends(row) !== ends(heads)).map((row) => row.map((cell) => cell.innerText).join(" "))];
}"""


def heads_shown(page: Page) -> set[str]:
    heads = page.locator("thead th[data-column]").all()
    return {head.inner_text().strip(" ↓↑\n") for head in heads if head.is_visible()}


@pytest.mark.parametrize(
    ("width", "peek", "filters", "more"),
    [
        (1024, 400, False, {"Duration"}),
        (1024, 400, True, set()),
        (1300, 400, True, set()),
        (1440, 400, False, set()),
        (1440, 400, True, set()),
        (1440, 640, False, set()),
        (1440, 0, False, {"Duration", "Tokens", "Users"}),
        (1920, 0, True, {"Duration", "Tokens", "Users", "Models", "Tags"}),
    ],
)
def test_columns_give_way_to_words_and_the_first_ones_stay(
    alices: Page, live_server: LiveServer, project: Project, width: int, peek: int, filters: bool, more: set[str]
) -> None:
    session(project, "one", turn_count=1, error_count=1, total_tokens=1, first_input="Where is my parcel? " * 9)
    session(project, "many", turn_count=21, error_count=22, total_tokens=23, tags=["vip"] * 2, minute=1)
    at_width(alices, (width, 900), address(live_server, project))
    expect(alices.locator("#peek")).to_be_visible(visible=width >= 1300)
    if not peek:
        alices.get_by_role("button", name="Close the preview").click()
    elif width >= 1300:
        alices.locator("#splitter").focus()
        alices.keyboard.press("Home")
        for _ in range((peek - 320) // 16):
            alices.keyboard.press("ArrowLeft")
    button = alices.get_by_role("button", name="Filters")
    if (button.get_attribute("aria-expanded") == "true") != filters:
        button.click()
    table = alices.locator("table.sessions")

    assert heads_shown(alices) == {"Last activity", "Turns", "Cost", "Errors", *more}
    assert table.evaluate(OUT_OF_SIGHT) == []


def test_a_card_of_a_phone_shows_cost_and_errors(alices: Page, live_server: LiveServer, project: Project) -> None:
    session(project, "s", turn_count=21, total_cost=Decimal("0.0214"), error_count=22, tags=["vip"], user_ids=[LONG])
    at_width(alices, (390, 844), address(live_server, project))
    row = alices.locator("#rows tr")

    expect(row.get_by_text("$0.021")).to_be_in_viewport(ratio=1)
    expect(row.locator(".mark-error:visible").first).to_be_in_viewport(ratio=1)
    assert row.evaluate("(row) => row.scrollWidth <= innerWidth")


def test_columns_that_somebody_chose_do_not_give_way(alices: Page, live_server: LiveServer, project: Project) -> None:
    session(project, "s")
    columns = ("turn_count", "total_cost", "tags", "user_ids", "model_names", "environments", "tool_names")
    at_width(alices, LAPTOP, address(live_server, project, f"?columns={','.join(columns)}"))

    heads = alices.locator("thead th[data-column]")
    assert [head.get_attribute("data-column") for head in heads.all() if head.is_visible()] == list(columns)
    assert alices.get_by_role("region", name="Sessions").evaluate("(box) => box.scrollWidth > box.clientWidth")


def test_traces_give_way_alike_and_use_the_whole_width(alices: Page, live_server: LiveServer, project: Project) -> None:
    ingest(project.pk, [call(number * 32, number, input="Hello " * 40) for number in "abc"])
    at_width(alices, (1024, 900), live_server.url + reverse("traces", args=[project.pk]))
    table = alices.locator("table.traces")

    assert {"Started", "Duration", "Steps", "Tokens", "Cost"} <= heads_shown(alices)
    assert "Environment" not in heads_shown(alices)
    assert table.evaluate(OUT_OF_SIGHT) == []
    assert alices.locator("th.said-cell").last.evaluate("(cell) => cell.offsetWidth") > 300


def test_a_page_speaks_one_language_whatever_that_of_the_browser(
    live_server: LiveServer,
    project: Project,
    alice: User,
    browser: Browser,
    sign_in: Callable[[BrowserContext, User], None],
) -> None:
    for month in range(1, 13):
        session(project, f"s{month}", updated_at=datetime(2024, month, 1, 6, tzinfo=UTC), total_tokens=1_334_425)
    session(project, "s", updated_at=timezone.now() - timedelta(minutes=59))
    context = browser.new_context(locale="de-DE", timezone_id="Europe/Berlin")
    sign_in(context, alice)
    page = context.new_page()
    at_width(page, LAPTOP, address(live_server, project, "?columns=updated_at,total_tokens"))
    page.locator(".range-menu > summary").click()

    expect(page.locator("#rows td[data-kind='time']").last).to_have_text("1 Jan 2024, 07:00")
    expect(page.locator("#rows td[data-kind='number']").last).to_have_text("1,334,425")
    words = page.locator("main").inner_text()
    assert [word for word in GERMAN if word in words] == []
    context.close()


def test_long_names_and_many_tags_end_with_dots_in_rows_of_one_height(
    alices: Page, live_server: LiveServer, project: Project
) -> None:
    session(project, "plain", user_ids=["ann"], tags=["vip"], first_input="Hello", last_output="Hi", minute=1)
    session(
        project, "s" * 200, user_ids=[LONG], tags=[f"tag-{n}-{'x' * 20}" for n in range(25)], model_names=[LONG],
        first_input="w" * 500, last_output="z" * 500,
    )  # fmt: skip
    columns = "updated_at,user_ids,tags,model_names,session_id,turn_count"
    at_width(alices, LAPTOP, address(live_server, project, f"?columns={columns}"))
    heights = [alices.locator("#rows tr").nth(number).bounding_box() or {"height": 0} for number in range(2)]

    assert alices.locator("#rows").evaluate(CUT_BARE) == []
    assert heights[0]["height"] == pytest.approx(heights[1]["height"], abs=1)


def test_a_preview_keeps_its_buttons_beside_long_names(alices: Page, live_server: LiveServer, project: Project) -> None:
    trace_id = "a" * 32
    claims = in_session("s" * 200, user_id=LONG, tags=[f"tag-{n}-{'x' * 20}" for n in range(25)])
    ingest(project.pk, [call(trace_id, "a", input="w" * 500, output="z" * 500, model=LONG, claims=claims)])
    recompute(project.pk, ["s" * 200])
    at_width(alices, LAPTOP, address(live_server, project))

    expect(alices.locator("#peek .tag").first).to_be_visible()
    for name in ("Close the preview", "Copy id"):
        expect(alices.locator("#peek").get_by_role("button", name=name)).to_be_in_viewport(ratio=1)
    assert alices.locator("#peek").evaluate("(pane) => pane.scrollWidth <= pane.clientWidth")


def test_a_row_that_is_written_from_right_to_left_shows_whole_lines(
    alices: Page, live_server: LiveServer, project: Project
) -> None:
    session(project, "arabic", first_input=ARABIC, last_output=ARABIC)
    for size in (LAPTOP, (390, 844)):
        at_width(alices, size, address(live_server, project))
        for said in alices.locator("#rows .said").all():
            assert said.evaluate("(said) => getComputedStyle(said).direction") == "rtl"
            assert said.evaluate(LINES) == pytest.approx(round(said.evaluate(LINES)), abs=0.1)
        assert not set("←→").intersection(alices.locator("#rows").inner_text())
