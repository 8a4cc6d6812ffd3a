"""Runs a Python command line in a fork of this process, which shares the memory of everything that is loaded already.

It is used where a fork is safe: on Linux, and while this process has a single thread."""

import gc
import os
import runpy
import signal
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Sequence
from pathlib import Path

from setproctitle import setproctitle

FORK_POLL_SECONDS = 0.02
# What Python ends a process with after an exception that nobody caught.
FAILURE_CODE = 1
OUR_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD)


def can_fork() -> bool:
    """Return whether a fork is safe now. A lock that another thread holds would never be released in the fork."""
    return sys.platform == "linux" and threading.active_count() == 1


class Fork:
    """A child process without a program of its own, with the part of `subprocess.Popen` that children need.

    `arguments` are those of Python: `-m`, a module and its arguments, or a script and its arguments. The process leads
    a session, keeps standard output and error, and inherits no other file."""

    def __init__(self, arguments: Sequence[str], *, directory: Path) -> None:
        sys.stdout.flush()
        sys.stderr.flush()
        self.exit_code: int | None = None
        self.pid = os.fork()
        if self.pid == 0:
            os._exit(_run(arguments, directory))

    def poll(self) -> int | None:
        """Return the exit code, or None while the process runs. A signal is a negative number."""
        if self.exit_code is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.exit_code = os.waitstatus_to_exitcode(status)
        return self.exit_code

    def wait(self, timeout: float | None = None) -> int:
        """Return the exit code when the process has ended. Raises subprocess.TimeoutExpired after `timeout` seconds."""
        deadline = time.monotonic() + (float("inf") if timeout is None else timeout)
        while (code := self.poll()) is None:
            if time.monotonic() > deadline:
                raise subprocess.TimeoutExpired(f"process {self.pid}", timeout or 0.0)
            time.sleep(FORK_POLL_SECONDS)
        return code

    def send_signal(self, number: signal.Signals) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


def share_memory() -> None:
    """Make what is loaded now stay shared by later forks: the garbage collector does not write to it any more."""
    gc.collect()
    gc.freeze()


def _run(arguments: Sequence[str], directory: Path) -> int:
    """Become the program, and return its exit code."""
    code = FAILURE_CODE
    try:
        _separate(directory)
        setproctitle(" ".join([sys.executable, *arguments]))
        _execute(arguments)
        code = 0
    except SystemExit as end:
        code = _code_of(end)
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
    return code


def _separate(directory: Path) -> None:
    """Give up what belongs to the parent: its session, signal handlers, files and directory."""
    os.setsid()
    for number in OUR_SIGNALS:
        if signal.getsignal(number) is not signal.SIG_IGN:  # of SIGHUP under nohup
            signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.closerange(3, os.sysconf("SC_OPEN_MAX"))
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.chdir(directory)


def _execute(arguments: Sequence[str]) -> None:
    if arguments[0] == "-m":
        sys.argv = list(arguments[1:])
        runpy.run_module(arguments[1], run_name="__main__", alter_sys=True)
    else:
        sys.argv = list(arguments)
        runpy.run_path(arguments[0], run_name="__main__")


def _code_of(end: SystemExit) -> int:
    """Return the exit code that Python gives to the end of a program. It prints a text, as a message of the failure."""
    if isinstance(end.code, str):
        print(end.code, file=sys.stderr)
        return FAILURE_CODE
    return end.code or 0
