"""`deploy/release` makes the files of a release from what is committed, and refuses a release that is not finished."""

import hashlib
import re
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import helm_python
import pytest
from django.conf import settings

from tests.config.test_chart import GIVEN
from tests.live import BASE_DIR

RELEASED = f"## {settings.VERSION} (2026-01-31)"
NAMES = [f"confab-{settings.VERSION}{rest}" for rest in ("-notes.md", ".chart.tgz", ".tar.gz")]


def git(clone: Path, *arguments: str) -> None:
    who = ("-c", "user.name=Alice", "-c", "user.email=alice@example.com", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *who, *arguments], cwd=clone, check=True, capture_output=True)


def release(clone: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, clone / "deploy" / "release", *options]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def rewrite(path: Path, pattern: str, text: str) -> None:
    written, count = re.subn(pattern, text, path.read_text(), count=1, flags=re.MULTILINE)
    assert count == 1
    path.write_text(written)


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A repository of these files, in which the version has its day and everything is committed."""
    place = tmp_path / "clone"
    place.mkdir()
    for name in ("deploy", "config/settings"):
        shutil.copytree(BASE_DIR / name, place / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "CHANGELOG.md", ".gitignore", "Dockerfile"):
        shutil.copy(BASE_DIR / name, place / name)
    rewrite(place / "CHANGELOG.md", r"^## .*$", RELEASED)
    git(place, "init", "--quiet")
    git(place, "add", "--all")
    git(place, "commit", "--quiet", "--message", "Release")
    return place


def test_a_release_has_notes_a_chart_source_and_sums(clone: Path) -> None:
    done = release(clone, "--without-image")
    assert done.returncode == 0, done.stderr
    dist = clone / "dist"

    sums = dict(line.split("  ")[::-1] for line in (dist / "SHA256SUMS").read_text().splitlines())
    assert sums == {name: hashlib.sha256((dist / name).read_bytes()).hexdigest() for name in NAMES}
    notes = (dist / NAMES[0]).read_text()
    assert "### Upgrade notes" in notes
    assert "## 0" not in notes
    with helm_python.Chart.load(str(dist / NAMES[1])) as chart:
        assert any(name.endswith("programs.yaml") for name in chart.render(GIVEN, name="x", namespace="y"))
    with tarfile.open(dist / NAMES[2]) as source:
        assert f"confab-{settings.VERSION}/Dockerfile" in source.getnames()
    assert f"git tag v{settings.VERSION}" in done.stdout


def test_the_same_commit_makes_the_same_chart(clone: Path) -> None:
    release(clone, "--without-image")
    first = (clone / "dist" / NAMES[1]).read_bytes()
    release(clone, "--without-image")

    assert (clone / "dist" / NAMES[1]).read_bytes() == first


@pytest.mark.parametrize(
    ("name", "pattern", "text", "words"),
    [
        ("CHANGELOG.md", r"^## .*$", f"## {settings.VERSION} (unreleased)", "CHANGELOG.md: none"),
        ("CHANGELOG.md", r"^### Upgrade notes$", "### Notes", "has no 'Upgrade notes'"),
        ("pyproject.toml", r'^version = ".*"$', 'version = "9.9.9"', "pyproject.toml: 9.9.9"),
        ("deploy/chart/Chart.yaml", r"^appVersion: .*$", "appVersion: 9.9.9", "deploy/chart/Chart.yaml"),
    ],
)
def test_a_release_that_is_not_finished_is_refused(clone: Path, name: str, pattern: str, text: str, words: str) -> None:
    rewrite(clone / name, pattern, text)
    git(clone, "commit", "--quiet", "--all", "--message", "Change")

    done = release(clone, "--without-image")
    assert done.returncode == 1
    assert words in done.stderr


def test_uncommitted_work_and_a_base_without_a_digest_are_refused(clone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHON_IMAGE", "python:3.12-slim")
    assert "name the base by digest" in release(clone).stderr
    (clone / "left.txt").write_text("")

    done = release(clone, "--without-image")
    assert done.returncode == 1
    assert "left.txt" in done.stderr
