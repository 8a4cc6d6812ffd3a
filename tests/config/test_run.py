"""./run makes the environment once, again when it must, and never touches what a link points to."""

import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "run"
pytestmark = pytest.mark.skipif(
    not importlib.util.find_spec("ensurepip"), reason="this Python cannot make environments"
)


def make_clone(directory: Path) -> Path:
    """With locks that name nothing, so that no package index is asked."""
    shutil.copy(SCRIPT, directory)
    (directory / "manage.py").write_text("import sys; print(sys.prefix, *sys.argv[1:])")
    for lock in ("requirements.lock", "requirements-dev.lock"):
        (directory / lock).write_text("")
    return directory


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One that has run before."""
    clone = make_clone(tmp_path_factory.mktemp("clone"))
    assert "Installing requirements.lock" in run(clone, "manage", "check")
    return clone


def run(clone: Path, *arguments: str) -> str:
    """What it prints, on a path without uv."""
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(clone)}
    done = subprocess.run(
        [sys.executable, clone / "run", *arguments],
        env=environment,
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout + done.stderr


def test_the_environment_is_made_once(clone: Path) -> None:
    assert run(clone, "manage", "check", "--deploy") == f"{clone / '.venv'} check --deploy\n"
    assert not list(clone.glob(".venv/lib/*/site-packages/pip"))


def test_another_lock_is_installed(clone: Path) -> None:
    (clone / "requirements.lock").write_text("# changed")

    assert "Installing requirements.lock" in run(clone, "manage", "check")
    assert "Installing" not in run(clone, "manage", "check")


def test_an_environment_whose_python_is_gone_is_made_again(clone: Path) -> None:
    (clone / ".venv" / "bin" / "python").unlink()

    assert f"{clone / '.venv'} check\n" in run(clone, "manage", "check")


def test_a_link_is_replaced_and_what_it_points_to_is_left_alone(tmp_path: Path) -> None:
    clone = make_clone(tmp_path)
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "file").touch()
    (clone / ".venv").symlink_to(precious)

    assert "Installing requirements-dev.lock" in run(clone, "test")
    assert "Installing" not in run(clone, "manage", "check"), "what tests need includes what runs"
    assert not (clone / ".venv").is_symlink()
    assert (precious / "file").exists()


def test_a_command_that_is_none_explains_the_others(tmp_path: Path) -> None:
    clone = make_clone(tmp_path)

    assert "./run up" in run(clone)
    assert not (clone / ".venv").exists()
