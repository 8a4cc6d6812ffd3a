"""`python -m tests.statements.regenerate`: writes the golden file of every assembled statement anew."""

import os
from pathlib import Path

import django

GOLDEN = Path(__file__).parent / "golden"


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    from tests.statements.assembled import ASSEMBLED, readable

    GOLDEN.mkdir(exist_ok=True)
    for old in GOLDEN.glob("*.sql"):
        old.unlink()
    for name, assemble in ASSEMBLED.items():
        (GOLDEN / f"{name}.sql").write_text(readable(assemble()))


if __name__ == "__main__":
    main()
