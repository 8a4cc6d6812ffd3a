"""Asks whether a part of the installation works, with a limit on the time to wait for the answer."""

import threading
import time
from collections.abc import Callable, Mapping

from django.db import connections

DEADLINE_SECONDS = 1.0
PROBE_OK = "ok"


class NotReady(Exception):
    """A part does not work. The text tells the operator what is wrong."""


class Probe:
    """A check that runs in its own thread, one at a time for all callers, so that a hang blocks only this thread.

    An answer is reused for `age` seconds. `check` raises NotReady to say what is wrong. For any other exception, only
    its class is reported, because its text may contain addresses."""

    def __init__(self, check: Callable[[], None], *, age: float = 0.0) -> None:
        self.age = age
        self._check = check
        self._changed = threading.Condition()
        self._is_running = False
        self._heard_at = float("-inf")
        self._answer = PROBE_OK

    def ask(self, since: float) -> None:
        """Start the check, unless it is running or was answered after the time `since`."""
        with self._changed:
            if self._heard_at < since and not self._is_running:
                self._is_running = True
                threading.Thread(target=self._run, name="probe", daemon=True).start()

    def answer(self, since: float, until: float) -> str | None:
        """Return "ok" or the reason. Return None if there is no answer at the time `until`."""
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
    """Run all probes at the same time, and return an answer for each.

    The answer is None if it takes longer than `within` seconds. Answers that are at most `age` seconds old are reused.
    """
    now = time.monotonic()
    since = {name: now - max(age, probe.age) for name, probe in probes.items()}
    for name, probe in probes.items():
        probe.ask(since[name])
    return {name: probe.answer(since[name], now + within) for name, probe in probes.items()}
