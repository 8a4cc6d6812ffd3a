"""Asks the processes of this machine for signs of life (projects/alive.py), and kills frozen ones."""

import asyncio
import os
import signal
import socket
import struct
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from projects.alive import ALIVE_BODY, TRACE_SIGNAL

PROBE_SECONDS = 2.0
# Probes in a row without an answer, of 2 s each. Probes are counted instead of seconds: a machine that slept,
# or was too busy to run us, misses only one.
FROZEN_PROBES = 5
FROZEN_SECONDS = FROZEN_PROBES * PROBE_SECONDS
TRACE_SECONDS = 0.3  # for the process to write the stacks of its threads


@dataclass(frozen=True)
class Process:
    """A process that has a socket, and the number of probes in a row that it has not answered."""

    role: str
    pid: int
    silent: int = 0

    @property
    def is_frozen(self) -> bool:
        return self.silent >= FROZEN_PROBES

    def __str__(self) -> str:
        return f"{self.role} {self.pid}"


class ProcessWatch:
    """Watch over all processes whose sockets are in one directory."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._silent: dict[tuple[str, int], int] = {}

    async def look(self) -> list[Process]:
        """Ask all processes at the same time, and return those that exist.

        This takes PROBE_SECONDS if one of them is silent."""
        places = sorted(self._directory.glob("*-*"))
        answers = await asyncio.gather(*map(self._ask, places))
        found = [process for process in answers if process]
        self._silent = {(process.role, process.pid): process.silent for process in found}
        return found

    async def _ask(self, place: Path) -> Process | None:
        """Return the process of a socket.

        Return None if it is gone, or runs in another container that shares the directory."""
        role, _, number = place.name.rpartition("-")
        answer, pid = b"", 0
        try:
            async with asyncio.timeout(PROBE_SECONDS):
                reader, writer = await asyncio.open_unix_connection(place)
                try:
                    pid = _pid_of_peer(writer.get_extra_info("socket"))
                    answer = await reader.read(len(ALIVE_BODY))
                finally:
                    writer.close()
        except (ConnectionRefusedError, FileNotFoundError):
            place.unlink(missing_ok=True)
            return None
        except OSError:  # which a timeout is, too
            pass
        if number != str(pid):
            return None
        return Process(role, pid, 0 if answer else self._silent.get((role, pid), 0) + 1)


def _pid_of_peer(connection: socket.socket) -> int:
    """Return the id of the process that listens at the other end, or 0 if it runs in another container."""
    if sys.platform == "darwin":
        local_peerpid = (0, 2)
        return int.from_bytes(connection.getsockopt(*local_peerpid, 4), sys.byteorder)
    pid, _, _ = struct.unpack("3i", connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
    return int(pid)


async def end(process: Process) -> None:
    """Let the process write the stacks of its threads, if it still can, and kill it."""
    with suppress(ProcessLookupError):
        os.kill(process.pid, TRACE_SIGNAL)
        await asyncio.sleep(TRACE_SECONDS)
        os.kill(process.pid, signal.SIGKILL)
