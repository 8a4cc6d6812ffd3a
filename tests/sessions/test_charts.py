"""Charts as they are drawn: axes with round ticks, marks where their values are, and nothing of a tenant as markup."""

import json
import re
from dataclasses import replace
from html import unescape
from xml.etree import ElementTree

import pytest

from sessions.charts.axes import axis_of
from sessions.charts.drawing import page_markup, spark
from sessions.charts.files import FILE_COLOURS, FILE_HEIGHT, file_markup
from sessions.charts.mixes import HourCell, SharePart, ShareRow, heat_markup, mix_markup, shade_of
from sessions.charts.plots import ChartBucket, ChartSeries, Plot, Shape
from sessions.charts.units import ChartUnit, on_axis, written

HOSTILE = '"><script>alert(1)</script>&|;'
HIGH, BASE = 10.0, 170.0  # of a chart of the usual height


def plot(
    *series: ChartSeries, shape: Shape = Shape.STACK, unit: ChartUnit = ChartUnit.COUNT, label: str = "3 Nov"
) -> Plot:
    buckets = [ChartBucket(f"{label} {place}", query=f"?q=n{place}") for place in range(len(series[0].values))]
    return Plot(key="k", title="Sessions", unit=unit, shape=shape, buckets=buckets, series=series)


def one(*values: float | None, label: str = "With errors", hue: str = "1") -> ChartSeries:
    return ChartSeries(label=label, hue=hue, values=values)


def bars(markup: str) -> list[tuple[str, float, float]]:
    found = re.findall(
        r'<rect (?:data-d="(\w+)"|class="before-mark") x="[^"]*" width="[^"]*" y="([^"]*)" height="([^"]*)"', markup
    )
    return [(hue, float(y), float(height)) for hue, y, height in found]


@pytest.mark.parametrize(
    ("values", "unit", "ticks"),
    [
        ([3, 230, None], ChartUnit.COUNT, ["0", "60", "120", "180", "240"]),
        ([0, 1], ChartUnit.COUNT, ["0", "1"]),
        ([0, 0], ChartUnit.COUNT, ["0", "1"]),
        ([12_000, 350_000], ChartUnit.COUNT, ["0", "100k", "200k", "300k", "400k"]),
        ([0.5, 7.1], ChartUnit.MONEY, ["$0", "$2", "$4", "$6", "$8"]),
        ([0.0004], ChartUnit.MONEY, ["$0", "$0.0001", "$0.0002", "$0.0003", "$0.0004"]),
        ([0.023, 0.09], ChartUnit.SHARE, ["0%", "2.5%", "5%", "7.5%", "10%"]),
        ([0.0, 0.0], ChartUnit.SHARE, ["0%", "0.25%"]),
        ([1.0], ChartUnit.SHARE, ["0%", "25%", "50%", "75%", "100%"]),
        ([90_000, 7_000_000], ChartUnit.DURATION, ["0", "30m", "1h", "1h 30m", "2h"]),
        ([-2.0, 2.0], ChartUnit.NUMBER, ["-2", "-1", "0", "1", "2"]),
    ],
)
def test_an_axis_has_round_ticks_from_zero_to_above_the_highest_value(
    values: list[float | None], unit: ChartUnit, ticks: list[str]
) -> None:
    axis = axis_of(values, unit)

    assert [text for _, text in axis.ticks] == ticks
    assert axis.place(axis.low) == 0
    assert axis.place(axis.high) == 1
    assert all(0 <= axis.place(value) <= 1 for value in values if value is not None)


def test_durations_far_apart_are_drawn_on_a_logarithmic_axis_and_others_are_not() -> None:
    far = axis_of([90_000, 3_000_000], ChartUnit.DURATION, may_be_logarithmic=True)
    near = axis_of([90_000, 300_000], ChartUnit.DURATION, may_be_logarithmic=True)

    assert (far.is_logarithmic, near.is_logarithmic) == (True, False)
    assert [text for _, text in far.ticks] == ["30 s", "2m", "10m", "1h"]
    assert far.place(90_000) == pytest.approx((far.place(90_000 * 4) + far.place(90_000 / 4)) / 2, abs=0.12)
    assert far.place(0) == 0


def test_bars_stand_on_each_other_and_reach_where_the_axis_says() -> None:
    markup = page_markup(plot(one(30, 0, None, hue="1"), one(10, 20, None, hue="error")), "/sessions")

    assert bars(markup) == [("1", 50.0, 120.0), ("error", HIGH, 40.0), ("error", 90.0, 80.0)]
    assert 'y1="170" y2="170"' in markup
    assert re.findall(r'text-anchor="end">([^<]*)<', markup) == ["0", "10", "20", "30", "40"]


def test_the_bars_of_the_period_before_stay_in_their_buckets() -> None:
    drawn = replace(plot(one(30, 20, hue="1")), behind=one(25, 30, label="Period before"))
    places = re.findall(
        r'<rect (?:data-d="1"|class="before-mark") x="([^"]*)%" width="([^"]*)%"', page_markup(drawn, "")
    )

    ends = [(float(left), float(left) + float(width)) for left, width in places]
    assert ends == [(15.5, 44.5), (5.5, 34.5), (65.5, 94.5), (55.5, 84.5)]


def test_bars_below_zero_hang_from_the_line_of_zero() -> None:
    markup = page_markup(plot(one(2, -2), unit=ChartUnit.NUMBER), "/sessions")

    assert bars(markup) == [("1", HIGH, 80.0), ("1", 90.0, 80.0)]


def test_a_line_has_gaps_where_nothing_is_known_and_a_dot_for_a_value_alone() -> None:
    markup = page_markup(plot(one(4, None, 4, 0), shape=Shape.LINE), "/sessions")

    assert re.findall(r'<path class="line" data-d="1" d="([^"]*)"', markup) == ["M125 10 h0.01 M625 10 L875 170"]


def test_each_bucket_links_to_its_sessions_and_says_its_values() -> None:
    found = plot(one(30, 0), ChartSeries(label="Cost", hue="2", values=[1.0, None], texts=["≥ $1", "unknown"]))
    markup = page_markup(found, "/project/1/sessions")

    links = re.findall(
        r'<a href="([^"]*)" aria-label="([^"]*)" data-tip-title="([^"]*)" data-tip-rows="([^"]*)"', markup
    )
    assert [unescape(link[0]) for link in links] == ["/project/1/sessions?q=n0", "/project/1/sessions?q=n1"]
    assert [link[1] for link in links] == [
        "3 Nov 0: With errors 30, Cost ≥ $1",
        "3 Nov 1: With errors 0, Cost unknown",
    ]
    assert json.loads(unescape(links[0][3])) == [["With errors", "30", "1"], ["Cost", "≥ $1", "2"]]
    assert found.rows() == [
        ["Day", "With errors", "Cost"],
        ["3 Nov 0", "30", "≥ $1"],
        ["3 Nov 1", "0", "unknown"],
    ]


@pytest.mark.parametrize("shape", list(Shape))
def test_a_file_is_well_formed_and_stands_alone_whatever_its_labels_are(shape: Shape) -> None:
    found = plot(one(3, None, 5, label=HOSTILE), one(1, 2, 3, label="مرحبا", hue="error"), shape=shape, label=HOSTILE)
    text = file_markup(found, "Last 30 days")
    root = ElementTree.fromstring(text)

    assert root.attrib["height"] == str(FILE_HEIGHT)
    assert not list(root.iter("{http://www.w3.org/2000/svg}script"))
    assert "href" not in text
    assert "var(" not in text
    shown = "".join(root.itertext())
    assert HOSTILE in shown
    assert "Last 30 days" in shown
    assert FILE_COLOURS["error"] in shown
    assert "<script" not in page_markup(found, "/sessions")


def test_shares_are_as_wide_as_they_are_large_and_small_ones_have_no_text() -> None:
    row = ShareRow(
        "English", [SharePart("yes", "3", 90, "?q=yes"), SharePart(HOSTILE, "2", 10), SharePart("no", "6", 0)]
    )
    markup = mix_markup(row, "/sessions")
    small = mix_markup(ShareRow("", [SharePart("yes", "3", 95), SharePart("no", "2", 5)]))

    assert re.findall(r'data-d="(\d)" x="([\d.]*)%" width="([\d.]*)%"', markup) == [
        ("3", "0.00", "89.60"),
        ("2", "90.00", "9.60"),
    ]
    assert re.findall(r"<text[^>]*>([^<]*)<", markup) == ["90%", "10%"]
    assert re.findall(r"<text[^>]*>([^<]*)<", small) == ["95%"]
    assert 'href="/sessions?q=yes" aria-label="yes: 90 sessions, 90%"' in markup
    assert "<script" not in markup


def test_shares_of_a_row_add_up_to_a_hundred_percent() -> None:
    row = ShareRow("", [SharePart(label, "1", number) for label, number in (("a", 666), ("b", 114), ("c", 220))])

    assert row.percents == ["67%", "11%", "22%"]
    assert ShareRow("", [SharePart(label, "1", 1) for label in "abc"]).words == "34% a, 33% b, 33% c"


def test_hours_of_the_week_are_shaded_by_the_busiest() -> None:
    assert [shade_of(number, 100) for number in (0, 1, 20, 21, 100)] == [0, 1, 1, 2, 5]
    markup = heat_markup([HourCell(0, 9, 4, "?q=x"), HourCell(6, 23, 0)], "/sessions", "Europe/Lisbon time")

    assert 'href="/sessions?q=x" aria-label="Monday 9:00: 4 sessions"' in markup
    assert "Europe/Lisbon time" in markup
    assert re.findall(r'data-h="(\d)"', markup) == ["5", "0"]


def test_a_sparkline_ends_where_its_box_ends() -> None:
    assert spark([0, 4, 2]) == ("M0 28 L50 4 L100 16", "M0 32 L0 28 L50 4 L100 16 L100 32z")
    assert spark([4, 2, None])[0] == "M0 4 L50 16"  # the end is unknown, which is not nothing
    assert spark([None, None]) == ("", "")
    assert spark([7]) == ("", "")


def test_values_are_written_as_the_list_writes_them() -> None:
    assert [
        written(value, unit)
        for value, unit in ((1234, ChartUnit.COUNT), (0.5, ChartUnit.SHARE), (130_000, ChartUnit.DURATION))
    ] == [
        "1,234",
        "50.0%",
        "2m 10s",
    ]
    assert (written(None, ChartUnit.MONEY), written(0.034, ChartUnit.MONEY), on_axis(12_500, ChartUnit.COUNT)) == (
        "",
        "$0.034",
        "12.5k",
    )


def test_labels_of_a_file_are_cut_to_their_room_and_those_of_a_page_are_whole() -> None:
    found = plot(one(*range(1, 11)), label="a tool with a very long name")

    assert "a tool with a very long name 3" in page_markup(found, "/sessions")
    below = re.findall(r'text-anchor="middle"[^>]*>([^<]*)<', file_markup(found, ""))
    assert len(below) == 10
    assert all(label.endswith("…") and len(label) < 13 for label in below)
