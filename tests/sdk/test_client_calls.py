"""docs/api.md lists every call of the clients of Langfuse and InteractiveAI with its result."""

from importlib.metadata import distribution
from pathlib import Path

import pytest

from tests.sdk.client_calls import API_FOLDERS, PAGE, calls_of, page, recorded, result_of


@pytest.mark.parametrize("package", API_FOLDERS)
def test_the_record_is_that_of_the_installed_client(package: str) -> None:
    installed = distribution(package)
    calls = calls_of(Path(str(installed.locate_file(API_FOLDERS[package]))))
    assert len(calls) > 80
    assert recorded()[f"{package} {installed.version}"] == calls


def test_the_page_is_that_of_the_record_and_the_routes() -> None:
    assert PAGE.read_text() == page(), "Write it: see tests/sdk/client_calls.py"


def test_what_is_read_and_written_of_sessions_traces_and_scores_works() -> None:
    resources = (
        "sessions",
        "trace",
        "score",
        "scores",
        "score_v_2",
        "observations",
        "comments",
        "score_configs",
        "media",
        "metrics",
        "metrics_v_2",
    )
    calls = [(name, call) for known in recorded().values() for name, call in known.items()]
    asked = {call for name, call in calls if name.split(".")[0] in resources}
    assert len(asked) > 25
    assert {call for call in asked if result_of(call) != "works"} == set()


def test_everything_else_has_a_reason() -> None:
    results = {call: result_of(call) for known in recorded().values() for call in known.values()}
    assert {call for call, result in results.items() if result in ("404", "405")} == {"POST /api/public/projects"}
