"""Child processes that never outlive us: we stop them in order, and the reaper ends them if we are killed."""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Protocol, Self

from config.embedded.forks import Fork

REAPER = Path(__file__).with_name("reaper.py")
REAPER_GRACE_SECONDS = 90.0  # longer than the grace of any child


class ChildProcess(Protocol):
    """What `subprocess.Popen` and `Fork` have in common."""

    @property
    def pid(self) -> int: ...
    def poll(self) -> int | None: ...
    def wait(self, timeout: float | None = None) -> int: ...
    def send_signal(self, number: signal.Signals, /) -> None: ...
    def kill(self) -> None: ...


@dataclass(frozen=True)
class Child:
    """A running program, and the signal and time that it needs to stop."""

    name: str
    process: ChildProcess
    stop_signal: signal.Signals
    grace: float

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def exit_code(self) -> int | None:
        """Return the exit code, or None while the process runs."""
        return self.process.poll()


class Children:
    """Starts and stops children, and reports them to the reaper.

    The file `held` stays open as long as the reaper lives."""

    def __init__(self, held: IO[Any] | None = None) -> None:
        self._held = held
        self._children: list[Child] = []
        self._start_reaper()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        for child in reversed(self._children):
            self.stop(child)
        os.close(self._pipe)
        self._reaper.wait(REAPER_GRACE_SECONDS)

    def spawn(
        self,
        name: str,
        command: Sequence[str | Path],
        *,
        stop_signal: signal.Signals = signal.SIGTERM,
        grace: float = 10.0,
        log: Path | None = None,
        env: Mapping[str, str] | None = None,
        **process_options: Any,
    ) -> Child:
        """Start `command` in a session of its own, so that Ctrl-C reaches only us and children stop in order."""
        with open(log, "ab") if log else nullcontext() as output:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env=env,
                start_new_session=True,
                **process_options,
            )
        return self._keep(Child(name, process, stop_signal, grace))

    def fork(self, name: str, arguments: Sequence[str], *, directory: Path, grace: float) -> Child:
        """Run a Python command line in a fork of this process (config/embedded/forks.py)."""
        return self._keep(Child(name, Fork(arguments, directory=directory), signal.SIGTERM, grace))

    def _keep(self, child: Child) -> Child:
        self._children.append(child)
        self._tell_start(child)
        return child

    def stop(self, *children: Child) -> None:
        """Ask all children to stop, wait for each, and kill those that do not end in time."""
        for child in children:
            child.process.send_signal(child.stop_signal)
        for child in children:
            with suppress(subprocess.TimeoutExpired):
                child.process.wait(child.grace)
            self.forget(child)

    def forget(self, child: Child) -> None:
        """Kill what is left of the child and of what it started: each child leads a process group of its own."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(child.pid, signal.SIGKILL)
        child.process.wait()
        self._children.remove(child)
        self._tell(f"- {child.pid}")

    def keep_reaper(self) -> None:
        """Replace a reaper that was killed, and report all children to the new one."""
        if self._reaper.poll() is not None:
            os.close(self._pipe)
            self._start_reaper()
            for child in self._children:
                self._tell_start(child)

    def _tell_start(self, child: Child) -> None:
        self._tell(f"+ {child.pid} {int(child.stop_signal)} {child.grace}")

    def _tell(self, line: str) -> None:
        with suppress(BrokenPipeError):  # keep_reaper() repeats it
            os.write(self._pipe, f"{line}\n".encode())

    def _start_reaper(self) -> None:
        """Start the reaper. Without site-packages and environment (-S -E), it takes 20 ms and 10 MB."""
        far_end, self._pipe = os.pipe()
        passed = [far_end, *([self._held.fileno()] if self._held else [])]
        command = [sys.executable, "-S", "-E", str(REAPER), str(far_end)]
        self._reaper = subprocess.Popen(command, pass_fds=passed, stdin=subprocess.DEVNULL, start_new_session=True)
        os.close(far_end)
