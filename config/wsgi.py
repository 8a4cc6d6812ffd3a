"""The WSGI entry point that granian serves."""

import os

from django.core.wsgi import get_wsgi_application

from config.secret_key import refuse_insecure
from config.slow_readers import cut_off_slow_readers
from projects.alive import prove
from projects.collector import look_less_often
from projects.observing.beginning import begin_observing
from tracing.ingest.database_watchdog import watchdog

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
application = get_wsgi_application()
refuse_insecure()
watchdog.enable()
cut_off_slow_readers()
prove("web")
begin_observing("web")
look_less_often()
