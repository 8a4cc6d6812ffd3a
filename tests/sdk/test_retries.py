"""What the real SDKs make of 429 and 503: whatever they report as sent is found afterwards."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.config.exporting import eventually, sessions
from tests.config.processes import frozen, running
from tests.live import Up, data_directory
from tests.sdk.retrying import COUNT, SDKS

pytestmark = [pytest.mark.sdk, pytest.mark.faults]
PROGRAM = Path(__file__).with_name("retrying.py")
SECONDS = 120
AWAY_SECONDS = 2.5


@pytest.fixture(scope="module")
def up() -> Iterator[Up]:
    """Lets a key come twice in two seconds."""
    with data_directory() as data, running(data, CONFAB_REQUESTS_PER_SECOND="1") as up:
        yield up


@contextmanager
def sending(up: Up, sdk: str, prefix: str) -> Iterator[subprocess.Popen[str]]:
    keys = {
        "CONFAB_URL": up.url,
        "CONFAB_PORT": str(up.port),
        "CONFAB_GRPC_PORT": str(up.grpc_port),
        "CONFAB_PUBLIC_KEY": up.public_key,
        "CONFAB_SECRET_KEY": up.secret_key,
    }
    environment = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/tmp"), **keys}
    with subprocess.Popen(
        [sys.executable, str(PROGRAM), sdk, prefix],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as program:
        yield program


def reported(program: subprocess.Popen[str]) -> tuple[set[str], str]:
    """The sessions of what the SDK says it sent, and its log."""
    output, errors = program.communicate(timeout=SECONDS)
    assert program.returncode == 0, errors
    return set(json.loads(output.splitlines()[-1])), errors


@pytest.mark.parametrize("sdk", SDKS)
def test_what_an_sdk_sends_too_often_arrives_when_it_comes_again(up: Up, sdk: str) -> None:
    with sending(up, sdk, f"often-{sdk}") as program:
        sent, errors = reported(program)

    assert len(sent) == COUNT, errors
    assert eventually(lambda: sent <= sessions(up), 10), sent - sessions(up)


@pytest.mark.parametrize("sdk", SDKS)
def test_what_an_sdk_sends_while_the_database_is_away_arrives_afterwards(up: Up, sdk: str) -> None:
    with sending(up, sdk, f"away-{sdk}") as program:
        assert eventually(lambda: f"away-{sdk}-0" in sessions(up))
        with frozen(up):
            time.sleep(AWAY_SECONDS)
        sent, errors = reported(program)

    assert len(sent) == COUNT, errors
    assert eventually(lambda: sent <= sessions(up), 10), sent - sessions(up)
