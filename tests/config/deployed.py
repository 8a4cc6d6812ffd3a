"""What compose.yaml says, as a container would get it."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import yaml

from tests.live import BASE_DIR

FILE = yaml.safe_load((BASE_DIR / "compose.yaml").read_text())
SERVICES: dict[str, dict[str, Any]] = FILE["services"]
OURS = ("prepare", "web", "grpc", "worker", "beat")
PLACEHOLDER = re.compile(r"\$\{([A-Z0-9_]+)(?::[-?]([^}]*))?\}")


def environment_of(service: str, **given: str) -> dict[str, str]:
    """Return the environment of a service whose `.env` has the variables `given`."""
    found = {}
    for name, value in SERVICES[service]["environment"].items():
        if value is not None:
            found[name] = PLACEHOLDER.sub(lambda match: given.get(match[1]) or match[2], value)
        elif name in given:
            found[name] = given[name]
    return found


def make_secrets(directory: Path, *arguments: str) -> Path:
    """Run the script on a copy of it, and return the directory with the secrets."""
    script = directory / "deploy" / "make-secrets"
    script.parent.mkdir(exist_ok=True)
    shutil.copy(BASE_DIR / "deploy" / "make-secrets", script)
    subprocess.run([script, *arguments], check=True, cwd="/")
    return directory / "secrets"
