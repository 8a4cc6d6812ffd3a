"""./run makes the environment once, again when it must, and never touches what a link points to."""

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.live import data_directory

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


def make_wheel(directory: Path, name: str) -> str:
    """A package with nothing in it. Returns its line of a lock."""
    wheel, facts = directory / f"{name}-1.0-py3-none-any.whl", f"{name}-1.0.dist-info"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr(f"{facts}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        archive.writestr(f"{facts}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{facts}/RECORD", "")
    return f"{name}==1.0 \\\n    --hash=sha256:{hashlib.sha256(wheel.read_bytes()).hexdigest()}\n"


def run(clone: Path, *arguments: str, **variables: str) -> str:
    """What it prints, on a path without uv."""
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(clone), **variables}
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


def test_further_packages_are_installed_once(tmp_path: Path) -> None:
    clone = make_clone(tmp_path)
    (clone / "requirements-s3.lock").write_text(make_wheel(tmp_path, "storage_of_tests"))
    packages = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(tmp_path)}

    assert "Installing requirements-s3.lock" in run(clone, "install", "requirements-s3.lock", **packages)
    assert run(clone, "install", "requirements-s3.lock", **packages) == ""
    assert list(clone.glob(".venv/lib/*/site-packages/storage_of_tests-*"))
    assert "Installing" not in run(clone, "manage", "check")
    assert "./run install <lock>" in run(clone, "install", "missing.lock")


def test_a_long_installation_says_how_far_it_is(tmp_path: Path) -> None:
    clone = make_clone(tmp_path)
    names = [f"part-of-confab-{number}".replace("-", "_") for number in range(40)]
    (clone / "requirements.lock").write_text("".join(make_wheel(tmp_path, name) for name in names))
    said = run(clone, "manage", "check", PIP_NO_INDEX="1", PIP_FIND_LINKS=str(tmp_path))

    assert "20 of about 40 packages found\n" in said
    assert "unpacking 40 packages" in said
    assert said.endswith(f"{clone / '.venv'} check\n")


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


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may make directories of another account")
@pytest.mark.parametrize("is_link", [False, True])
def test_an_environment_of_another_account_whose_python_does_not_run_is_left_alone(
    tmp_path: Path, is_link: bool
) -> None:
    clone = make_clone(tmp_path)
    environment = tmp_path / "theirs" if is_link else clone / ".venv"
    (environment / "bin").mkdir(parents=True)
    (environment / "bin" / "python").symlink_to("/nowhere/python3")
    if is_link:
        (clone / ".venv").symlink_to(environment)
    os.chown(clone / ".venv", 65534, 65534, follow_symlinks=False)
    said = run(clone, "manage", "check")

    assert f"{clone / '.venv'} was made by the account nobody" in said
    assert "Traceback" not in said
    assert (environment / "bin" / "python").is_symlink()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may become another account")
@pytest.mark.skipif(not Path("/usr/bin/python3").exists(), reason="no Python that every account may run")
def test_an_account_that_may_not_run_the_environments_python_is_told_so(tmp_path: Path) -> None:
    with data_directory() as clone:
        make_clone(clone)
        (clone / ".venv" / "bin").mkdir(parents=True)
        shutil.copy("/bin/true", clone / ".venv" / "bin" / "python")
        (clone / ".venv" / "bin").chmod(0o700)
        become = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")
        command = [*become, "/usr/bin/python3", clone / "run", "manage", "check"]
        done = subprocess.run(command, capture_output=True, text=True, cwd="/", check=False)

        assert "was made by the account root, and this account cannot run its Python" in done.stderr
        assert "Traceback" not in done.stderr
        assert (clone / ".venv" / "bin" / "python").exists()


def test_a_command_that_is_none_explains_the_others(tmp_path: Path) -> None:
    clone = make_clone(tmp_path)

    assert "./run up" in run(clone)
    assert not (clone / ".venv").exists()
