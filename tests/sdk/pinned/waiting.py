"""What the programs of this folder share: the keys, the session, and waiting for what a worker has yet to bring."""

import os
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

URL, PUBLIC_KEY, SECRET_KEY = (os.environ[name] for name in ("CONFAB_URL", "CONFAB_PUBLIC_KEY", "CONFAB_SECRET_KEY"))
SESSION = os.environ["SESSION"]
QUESTION, ANSWER = [{"role": "user", "content": "Where is it?"}], "On its way."
SECONDS = 30


def wait_for(ask: Callable[[], T], is_right: Callable[[T], bool] = bool) -> T:
    """Ask until the answer is right, and return it."""
    deadline = time.monotonic() + SECONDS
    while True:
        failure, found = None, None
        try:
            found = ask()
            if is_right(found):
                return found
        except Exception as error:  # clients raise errors of their own for what is not there yet
            failure = error
        if time.monotonic() > deadline:
            raise AssertionError(f"still {found}") from failure
        time.sleep(0.2)
