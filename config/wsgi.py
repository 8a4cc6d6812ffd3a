"""The WSGI entry point that granian serves."""

import gc
import os

from django.core.wsgi import get_wsgi_application

from config.secret_key import refuse_insecure
from config.slow_readers import cut_off_slow_readers
from projects.alive import prove
from tracing.ingest.database_watchdog import watchdog

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
application = get_wsgi_application()
refuse_insecure()
watchdog.enable()
cut_off_slow_readers()
prove("web")

# Objects loaded by now are never garbage, and those of a large request are freed together: checking all of them every
# few spans took 16 ms of CPU per 1,000 spans.
gc.freeze()
gc.set_threshold(100_000, 50, 100)
