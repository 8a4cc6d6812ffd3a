"""Lets the kernel cut off clients that request something and do not read it, so that no thread waits for them."""

import os
import socket
import stat
import threading
import time
from collections.abc import Iterator

READER_WRITE_DEADLINE_SECONDS = 30
START_SECONDS = 60.0  # the server begins to listen within this time
REST_OF_START_SECONDS = 2.0  # and opens all of its sockets within this time
LOOK_SECONDS = 0.2
DESCRIPTORS = "/proc/self/fd"


def cut_off_slow_readers() -> None:
    """Set a deadline for every later connection of this process. Only Linux has such deadlines."""
    if hasattr(socket, "TCP_USER_TIMEOUT") and os.path.isdir(DESCRIPTORS):
        threading.Thread(target=set_deadlines, name="slow readers", daemon=True).start()


def set_deadlines() -> None:
    """Set the deadline on the listening sockets, whose connections inherit it.

    The server opens them after it has loaded the application, so this looks again and again until they are there."""
    ends_at = time.monotonic() + START_SECONDS
    while time.monotonic() < ends_at:
        for listener in _listeners():
            ends_at = min(ends_at, time.monotonic() + REST_OF_START_SECONDS)
            with listener:
                listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, READER_WRITE_DEADLINE_SECONDS * 1000)
        time.sleep(LOOK_SECONDS)


def _listeners() -> Iterator[socket.socket]:
    """Yield copies of the descriptors on which this process accepts TCP connections."""
    for name in os.listdir(DESCRIPTORS):
        try:
            if stat.S_ISSOCK(os.fstat(int(name)).st_mode):
                copy = socket.socket(fileno=os.dup(int(name)))
            else:
                continue
        except OSError:
            continue  # closed meanwhile
        is_tcp = copy.family in (socket.AF_INET, socket.AF_INET6) and copy.type == socket.SOCK_STREAM
        if is_tcp and copy.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
            yield copy
        else:
            copy.close()
