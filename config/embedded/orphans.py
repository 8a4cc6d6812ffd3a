"""Repairs lock files of a PostgreSQL that is gone and whose process id another program has now."""

import os
import subprocess
from pathlib import Path


def disown(lock: Path, cluster: Path) -> None:
    """Replace the process id in a lock file by ours if that process is not a server of `cluster`.

    A file without a process id is removed. PostgreSQL refuses to start while any process has the id in the file, except
    its own parent. It still checks whether a process of an earlier server uses the shared memory that the file names;
    removing the file would prevent that."""
    try:
        number, _, rest = lock.read_text(errors="replace").partition("\n")
    except FileNotFoundError:
        return
    if not number.strip().isdecimal():
        lock.unlink()  # the power failed while it was written
    elif not works_in(int(number), cluster):
        with open(lock, "r+") as file:
            file.write(f"{os.getpid()}\n{rest}")
            file.truncate()


def works_in(pid: int, cluster: Path) -> bool:
    """Return whether the process works in the directory of the cluster, as all processes of its server do."""
    try:
        if Path("/proc/self").exists():
            return Path(f"/proc/{pid}/cwd").resolve(strict=True) == cluster.resolve()
        command = ["ps", "-ww", "-o", "command=", "-p", str(pid)]
        return str(cluster) in subprocess.run(command, capture_output=True, text=True, check=False).stdout
    except OSError:  # it has ended, or belongs to an account that could not be the server's
        return False
