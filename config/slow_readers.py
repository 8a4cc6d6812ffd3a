"""Who asks for something and does not read it is cut off by the kernel: a thread that waits to write to them would wait
for as long as they please."""

import os
import socket
import stat
import threading
import time
from collections.abc import Iterator

READER_WRITE_DEADLINE_SECONDS = 30
START_SECONDS = 60.0  # within which the server listens
LOOK_SECONDS = 0.2
DESCRIPTORS = "/proc/self/fd"


def cut_off_slow_readers() -> None:
    """Gives every later connection of this process its deadline. Linux alone has one."""
    if hasattr(socket, "TCP_USER_TIMEOUT") and os.path.isdir(DESCRIPTORS):
        threading.Thread(target=set_deadlines, name="slow readers", daemon=True).start()


def set_deadlines() -> None:
    """Looks for listeners, which the server opens after it has loaded us: connections inherit their options."""
    ends_at = time.monotonic() + START_SECONDS
    while time.monotonic() < ends_at:
        for listener in _listeners():
            with listener:
                listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, READER_WRITE_DEADLINE_SECONDS * 1000)
        time.sleep(LOOK_SECONDS)


def _listeners() -> Iterator[socket.socket]:
    """Copies of the descriptors on which this process takes connections of TCP."""
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
