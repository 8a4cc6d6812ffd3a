"""Replaces what is frozen: ends a process that stays silent, and starts a program again that does not replace it."""

import os
from collections.abc import Callable, Sequence

from config.programs import Program
from config.watching import FROZEN_SECONDS, PROBE_SECONDS, Process, ProcessWatch, end

MISSING_PROBES = 30  # in a row, until a program that lacks a process is started again: ten times what a start takes


class Watchdog:
    """Watches over the processes of some programs."""

    def __init__(self, programs: Sequence[Program], watch: ProcessWatch, say: Callable[[str], None]) -> None:
        self._programs = programs
        self._watch = watch
        self._say = say
        self._found: list[Process] = []
        self._killed: set[int] = set()
        self._missing = {program.name: 0 for program in programs}

    async def look(self) -> None:
        self._found = await self._watch.look()
        self._killed &= {process.pid for process in self._found}
        for program in self._programs:
            await self._end_frozen(program)
            self._end_incomplete(program)

    async def _end_frozen(self, program: Program) -> None:
        for process in self._processes_of(program):
            if process.is_frozen and process.pid not in self._killed:
                self._killed.add(process.pid)  # one that was stopped takes its time to end on a busy machine
                self._say(f"{program.name} ({process}) has not answered for {FROZEN_SECONDS:.0f} s: killing it")
                await end(process)

    def _end_incomplete(self, program: Program) -> None:
        """Kill all of it, which the supervisor notices, when a process that ended has not come back for too long."""
        if program.child is None or program.child.exit_code is not None or not any(self._lacking(program).values()):
            self._missing[program.name] = 0
            return
        self._missing[program.name] += 1
        if self._missing[program.name] >= MISSING_PROBES:
            self._missing[program.name] = 0
            self._say(f"{program.name} lacks a process that does not come back: starting it again")
            program.child.process.kill()

    def health(self) -> dict[str, str]:
        """Return what there is to say of each process, "ok" of one that answers."""
        said: dict[str, str] = {}
        for program in self._programs:
            for process in self._processes_of(program):
                silence = f"has not answered for {process.silent * PROBE_SECONDS:.0f} s"
                said[str(process)] = silence if process.silent else "ok"
            for role, count in self._lacking(program).items():
                if count:
                    said[role] = f"{count} of {program.processes[role]} missing"
        return said

    def _processes_of(self, program: Program) -> list[Process]:
        """Return those of its session: it leads one, and what it starts belongs to it."""
        child = program.child
        return [process for process in self._found if child and _session_of(process) == child.pid]

    def _lacking(self, program: Program) -> dict[str, int]:
        """Return by role how many processes it lacks: they have ended, or have not begun to answer."""
        roles = [process.role for process in self._processes_of(program)]
        return {role: max(0, count - roles.count(role)) for role, count in program.processes.items()}


def _session_of(process: Process) -> int:
    try:
        return os.getsid(process.pid)
    except OSError:
        return 0
