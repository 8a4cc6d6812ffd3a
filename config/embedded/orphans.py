"""Lock files of a PostgreSQL that is gone, when its process number has passed to another program."""

import os
import subprocess
from pathlib import Path


def disown(lock: Path, cluster: Path) -> None:
    """Write our number into a lock file whose process is no server of `cluster`; remove one that names no process.

    PostgreSQL refuses to start while any process has the number in the file, except its own parent. It still looks
    whether a process of an earlier server uses the shared memory that the file names, which removing it would prevent.
    """
    try:
        number, _, rest = lock.read_text(errors="replace").partition("\n")
    except FileNotFoundError:
        return
    if not number.strip().isdecimal():
        lock.unlink()  # the power went while it was written
    elif not works_in(int(number), cluster):
        with open(lock, "r+") as file:
            file.write(f"{os.getpid()}\n{rest}")
            file.truncate()


def works_in(pid: int, cluster: Path) -> bool:
    """Tell whether the process works in the directory of the cluster, as every process of its server does."""
    try:
        if Path("/proc/self").exists():
            return Path(f"/proc/{pid}/cwd").resolve(strict=True) == cluster.resolve()
        command = ["ps", "-ww", "-o", "command=", "-p", str(pid)]
        return str(cluster) in subprocess.run(command, capture_output=True, text=True, check=False).stdout
    except OSError:  # it has ended, or belongs to an account that could not be the server's
        return False
