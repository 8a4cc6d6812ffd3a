"""A Chromium that is asked over its own pipe.

Playwright records every answer of the network inside the tab that it watches, some hundred megabytes of a long session,
and would measure them as ours."""

import fcntl
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.machine import children_of, pss_mb

ARGUMENTS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-quic", "--no-first-run",
    "--remote-debugging-pipe", "--window-size=1280,900",
)  # fmt: skip
PATIENCE = 60  # seconds
REWIRED = "import os, sys; a, b, *c = sys.argv[1:]; os.dup2(int(a), 3); os.dup2(int(b), 4); os.execv(c[0], c)"
OPENED = "(performance.getEntriesByType('navigation')[0].loadEventEnd > 0) && location.href"


class Chromium:
    """Speaks the DevTools protocol: JSON, each message ended by a zero byte."""

    def __init__(self, process: subprocess.Popen[bytes], asks: int, answers: int) -> None:
        self.process, self._asks, self._answers, self._rest, self._number = process, asks, answers, b"", 0

    def ask(self, method: str, session: str = "", **params: Any) -> dict[str, Any]:
        self._number += 1
        message = {"id": self._number, "method": method, "params": params} | ({"sessionId": session} if session else {})
        os.write(self._asks, json.dumps(message).encode() + b"\0")
        while (answer := self._next()).get("id") != self._number:
            continue
        if "error" in answer:
            raise RuntimeError(answer["error"])
        return dict(answer["result"])

    def _next(self) -> dict[str, Any]:
        while b"\0" not in self._rest:
            read = os.read(self._answers, 65_536)
            if not read:
                raise SystemExit("Chromium has ended")
            self._rest += read
        message, _, self._rest = self._rest.partition(b"\0")
        return dict(json.loads(message))

    def tab(self, cookie: dict[str, str]) -> "Tab":
        """With nothing kept of earlier visits."""
        context = self.ask("Target.createBrowserContext")["browserContextId"]
        self.ask("Storage.setCookies", cookies=[cookie], browserContextId=context)
        target = self.ask("Target.createTarget", url="about:blank", browserContextId=context)["targetId"]
        return Tab(self, context, self.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"])

    def largest_tab_mb(self) -> float:
        """Proportional set size of the largest renderer: what the tab costs the machine."""
        return max(pss_mb(pid) for pid in children_of(self.process.pid) if _is_renderer(pid))


@dataclass(frozen=True)
class Tab:
    browser: Chromium
    context: str
    session: str

    def open(self, address: str) -> None:
        self.browser.ask("Page.navigate", self.session, url=address)
        self.wait_for(f"{OPENED} === {json.dumps(address)}")

    def wait_for(self, expression: str) -> Any:
        deadline = time.monotonic() + PATIENCE
        while not (value := self.evaluate(expression)):
            if time.monotonic() > deadline:
                raise SystemExit(f"waited in vain for {expression}")
            time.sleep(0.01)
        return value

    def evaluate(self, expression: str) -> Any:
        return self.browser.ask("Runtime.evaluate", self.session, expression=expression, returnByValue=True)[
            "result"
        ].get("value")

    def close(self) -> None:
        self.browser.ask("Target.disposeBrowserContext", browserContextId=self.context)


@contextmanager
def chromium() -> Iterator[Chromium]:
    program = shutil.which("chromium") or shutil.which("google-chrome")
    if program is None:
        raise SystemExit("there is no Chromium; --no-browser does without")
    (reads, asks), (answers, writes) = os.pipe(), os.pipe()
    ends = [fcntl.fcntl(end, fcntl.F_DUPFD, 10) for end in (reads, writes)]  # Chromium's own are 3 and 4
    with tempfile.TemporaryDirectory(prefix="confab-benchmark-", ignore_cleanup_errors=True) as profile:
        command = [program, f"--user-data-dir={profile}", *ARGUMENTS]
        process = subprocess.Popen(
            [sys.executable, "-c", REWIRED, *map(str, ends), *command],
            pass_fds=ends, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        for end in (reads, writes, *ends):
            os.close(end)
        browser = Chromium(process, asks, answers)
        try:
            yield browser
        finally:
            process.terminate()
            process.wait(PATIENCE)


def _is_renderer(pid: int) -> bool:
    try:
        return b"--type=renderer" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False
