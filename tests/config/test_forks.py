"""Programs that run as forks of `up` behave as if they had been started with an interpreter of their own."""

import subprocess
import sys
from pathlib import Path

import pytest

# Runs in a process of its own, because a fork of the tests would have the tests' threads and files.
FORKING = """
import os, signal, subprocess, sys, threading
from pathlib import Path
from config.embedded.forks import Fork, can_fork

def end_of(*arguments, timeout=10.0):
    return Fork(arguments, directory=Path({directory!r})).wait(timeout)
"""


def said(tmp_path: Path, code: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", FORKING.format(directory=str(tmp_path)) + code],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert not done.returncode, done.stderr
    return done.stdout + done.stderr


@pytest.mark.parametrize(
    ("program", "expected"),
    [
        ("pass", "0"),
        ("raise SystemExit(3)", "3"),
        ("raise SystemExit('No disk.')", "1"),
        ("raise ValueError('unexpected')", "1"),
    ],
)
def test_a_fork_ends_with_the_exit_code_of_its_program(tmp_path: Path, program: str, expected: str) -> None:
    (tmp_path / "program.py").write_text(program)

    assert f"ended with {expected}" in said(tmp_path, "print('ended with', end_of('program.py'))")


def test_a_text_as_exit_code_and_an_exception_are_printed(tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text("raise SystemExit('No disk.')")
    assert "No disk." in said(tmp_path, "end_of('program.py')")

    (tmp_path / "program.py").write_text("raise ValueError('unexpected')")
    assert "ValueError: unexpected" in said(tmp_path, "end_of('program.py')")


def test_a_program_sees_its_own_arguments_directory_and_name(tmp_path: Path) -> None:
    (tmp_path / "tool.py").write_text(
        "import os, sys; print(__name__, sys.argv, os.getcwd(), os.getsid(0) == os.getpid())"
    )

    assert f"__main__ ['tool.py', '--port', '1'] {tmp_path} True" in said(tmp_path, "end_of('tool.py', '--port', '1')")
    assert "--port" in said(
        tmp_path,
        "os.chdir({0!r}); sys.path.insert(0, {0!r}); end_of('-m', 'tool', '--port', '1')".format(str(tmp_path)),
    )


def test_no_file_of_the_parent_stays_open(tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text("import os; print('open', sorted(os.listdir('/proc/self/fd'), key=int))")
    lock = str(tmp_path / "lock")
    code = f"kept = open({lock!r}, 'w'); os.set_inheritable(kept.fileno(), True); end_of('program.py')"

    assert "open ['0', '1', '2', '3']" in said(tmp_path, code)  # the last one lists the directory


def test_a_fork_is_asked_to_stop_or_killed(tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text("import time; time.sleep(60)")
    code = f"""
signal.signal(signal.SIGTERM, lambda *_: None)  # of the parent alone
for stop in (lambda fork: fork.send_signal(signal.SIGTERM), lambda fork: fork.kill()):
    fork = Fork(["program.py"], directory=Path({str(tmp_path)!r}))
    try:
        fork.wait(0.3)
    except subprocess.TimeoutExpired:
        stop(fork)
    print(fork.wait(10), fork.poll())
"""

    assert said(tmp_path, code).split() == ["-15", "-15", "-9", "-9"]


@pytest.mark.skipif(sys.platform != "linux", reason="forks are used on Linux only")
def test_a_process_with_a_second_thread_does_not_fork(tmp_path: Path) -> None:
    code = """
print(can_fork())
done = threading.Event()
threading.Thread(target=done.wait).start()
print(can_fork())
done.set()
"""
    assert said(tmp_path, code).split() == ["True", "False"]
