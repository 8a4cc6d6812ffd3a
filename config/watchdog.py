"""Replaces what is frozen: kills a silent process, and restarts a program that does not replace a lost process."""

import os
from collections.abc import Callable, Sequence

from config.process_probes import FROZEN_SECONDS, PROBE_SECONDS, Process, ProcessWatch, end
from config.programs import Program

MISSING_PROBES = 30  # in a row, before a program is restarted: ten times the time of a start


class Watchdog:
    """Watchdog over the processes of several programs."""

    def __init__(self, programs: Sequence[Program], watch: ProcessWatch, say: Callable[[str], None]) -> None:
        self._programs = programs
        self._watch = watch
        self._say = say
        self._found: list[Process] = []
        self._killed: set[int] = set()
        self._missing = {program.name: 0 for program in programs}

    async def look(self) -> None:
        """Look at all processes once, and act on those that are frozen or missing."""
        self._found = await self._watch.look()
        self._killed &= {process.pid for process in self._found}
        for program in self._programs:
            await self._end_frozen(program)
            self._end_incomplete(program)

    async def _end_frozen(self, program: Program) -> None:
        for process in self._processes_of(program):
            if process.is_frozen and process.pid not in self._killed:
                self._killed.add(process.pid)  # on a busy machine, a killed process takes some time to end
                self._say(f"{program.name} ({process}) has not answered for {FROZEN_SECONDS:.0f} s: killing it")
                await end(process)

    def _end_incomplete(self, program: Program) -> None:
        """Kill a program if one of its processes has been missing for MISSING_PROBES.

        The supervisor then starts the program again."""
        if program.child is None or program.child.exit_code is not None or not any(self._lacking(program).values()):
            self._missing[program.name] = 0
            return
        self._missing[program.name] += 1
        if self._missing[program.name] >= MISSING_PROBES:
            self._missing[program.name] = 0
            self._say(f"{program.name} lacks a process that does not come back: restarting it")
            program.child.process.kill()

    def health(self) -> dict[str, str]:
        """Return a text for each process, "ok" if it answers. Missing processes are listed by role."""
        states: dict[str, str] = {}
        for program in self._programs:
            for process in self._processes_of(program):
                silence = f"has not answered for {process.silent * PROBE_SECONDS:.0f} s"
                states[str(process)] = silence if process.silent else "ok"
            for role, count in self._lacking(program).items():
                if count:
                    states[role] = f"{count} of {program.processes[role]} missing"
        return states

    def _processes_of(self, program: Program) -> list[Process]:
        """Return the processes of a program. It leads a session, to which all that it starts belong."""
        child = program.child
        return [process for process in self._found if child and _session_of(process) == child.pid]

    def _lacking(self, program: Program) -> dict[str, int]:
        """Return the number of missing processes by role: they have ended, or do not answer yet."""
        roles = [process.role for process in self._processes_of(program)]
        return {role: max(0, count - roles.count(role)) for role, count in program.processes.items()}


def _session_of(process: Process) -> int:
    try:
        return os.getsid(process.pid)
    except OSError:
        return 0
