"""Asks whether a part does its work, without ever waiting longer than one wants."""

import threading
import time
from collections.abc import Callable, Mapping

from django.db import connections

DEADLINE_SECONDS = 1.0
PROBE_OK = "ok"


class NotReady(Exception):
    """A part does not do its work; the text is for whoever operates it."""


class Probe:
    """Runs a check in a thread of its own, one at a time, however many ask; what hangs holds up this one thread.

    An answer counts for `age` seconds. `check` says by NotReady what is wrong; any other failure at all means that the
    part does not answer, and its text is not repeated, since it may hold addresses."""

    def __init__(self, check: Callable[[], None], *, age: float = 0.0) -> None:
        self.age = age
        self._check = check
        self._changed = threading.Condition()
        self._is_running = False
        self._heard_at = float("-inf")
        self._answer = PROBE_OK

    def ask(self, since: float) -> None:
        """Start the check, unless it runs or was answered after `since`."""
        with self._changed:
            if self._heard_at < since and not self._is_running:
                self._is_running = True
                threading.Thread(target=self._run, name="probe", daemon=True).start()

    def answer(self, since: float, until: float) -> str | None:
        """Return "ok" or what is wrong; None when that is not known at `until`."""
        with self._changed:
            heard = self._changed.wait_for(lambda: self._heard_at >= since, max(0.0, until - time.monotonic()))
            return self._answer if heard else None

    def _run(self) -> None:
        answer = self._outcome()
        with self._changed:
            self._answer, self._heard_at, self._is_running = answer, time.monotonic(), False
            self._changed.notify_all()

    def _outcome(self) -> str:
        try:
            self._check()
        except NotReady as reason:
            return str(reason)
        except Exception as error:
            return f"does not answer ({type(error).__name__})"
        finally:
            connections.close_all()  # those of this thread
        return PROBE_OK


def answers(
    probes: Mapping[str, Probe], *, within: float = DEADLINE_SECONDS, age: float = 0.0
) -> dict[str, str | None]:
    """Ask all of them at the same time. Return their answers, None for each that is still to come after `within`
    seconds. Answers of the last `age` seconds will do."""
    now = time.monotonic()
    since = {name: now - max(age, probe.age) for name, probe in probes.items()}
    for name, probe in probes.items():
        probe.ask(since[name])
    return {name: probe.answer(since[name], now + within) for name, probe in probes.items()}
