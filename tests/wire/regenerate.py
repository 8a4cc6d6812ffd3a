"""`python -m tests.wire.regenerate`: writes every golden.json anew from today's vocabularies."""

import json
import os

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django

    django.setup()
    from tests.wire.scenarios import SCENARIOS, readable, records_of

    for scenario in SCENARIOS:
        if records := records_of(scenario):
            text = json.dumps(readable(records), indent=1, ensure_ascii=False, sort_keys=True)
            (scenario / "golden.json").write_text(text + "\n")
