"""The worker's sign of life: from the loop that hands out its work, so that it never waits behind any."""

from celery.signals import heartbeat_sent, worker_ready

from config.health import note_heartbeat

for sign in (worker_ready, heartbeat_sent):  # Celery sends the second every 2 seconds
    sign.connect(lambda **_: note_heartbeat(), weak=False)
