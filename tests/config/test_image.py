"""The Dockerfile: sound in the eyes of its linter, and without what an image must not have."""

import re
import subprocess
import sys
from pathlib import Path

from tests.live import BASE_DIR

DOCKERFILE = (BASE_DIR / "Dockerfile").read_text()
FINAL = DOCKERFILE.rpartition("\nFROM ")[2]


def test_its_linter_finds_nothing() -> None:
    linter = Path(sys.executable).with_name("hadolint")
    done = subprocess.run([linter, BASE_DIR / "Dockerfile"], capture_output=True, text=True, check=False)

    assert done.stdout + done.stderr == ""
    assert done.returncode == 0


def test_it_runs_as_an_account_of_its_own_and_installs_nothing_in_the_last_stage() -> None:
    assert re.findall(r"^USER (.+)$", FINAL, re.MULTILINE) == ["10001:10001"]
    assert FINAL.index("USER") < FINAL.index("CMD")
    assert not re.search(r"\b(apt-get|apk|pip|gcc)\b", FINAL)


def test_the_base_is_an_argument_and_every_package_is_pinned_by_hash() -> None:
    assert set(re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)) == {"${PYTHON_IMAGE}"}
    assert "--require-hashes" in DOCKERFILE
    assert "--only-binary :all:" in DOCKERFILE


def test_it_says_of_which_packages_it_consists_by_a_tool_that_it_does_not_have() -> None:
    stages = DOCKERFILE.replace("\\\n", "").partition("\nFROM ")[2]
    assert re.search(r"^RUN .*requirements-release\.lock .*cyclonedx-py environment", stages, re.MULTILINE)
    assert "--output-file /opt/confab/sbom.cdx.json /opt/confab/bin/python" in re.sub(" +", " ", stages)
    assert "/opt/release" not in FINAL


def test_no_secret_and_no_tests_get_into_it() -> None:
    ignored = (BASE_DIR / ".dockerignore").read_text().splitlines()

    assert {".*", "secrets", "tests", "benchmarks"} <= set(ignored)
