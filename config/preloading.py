"""Loads what several programs need into this process, before they are forked from it (config/embedded/forks.py)."""

from importlib import import_module

from django.urls import get_resolver

from config.celery import app
from config.embedded.forks import share_memory

# What the web server, the worker and the gRPC server would import themselves. config.asgi is not among them: it starts
# the threads of a web process.
MODULES = (
    "celery.app.amqp",
    "celery.app.events",
    "celery.apps.worker",
    "celery.concurrency.thread",
    "celery.worker.consumer",
    "config.management.commands.worker",
    "config.schedule_thread",
    "django.conf.locale.en.formats",
    "django.contrib.auth.context_processors",
    "django.contrib.messages.storage.fallback",
    "django.contrib.sessions.serializers",
    "django.core.handlers.asgi",
    "django.core.servers.basehttp",
    "django.core.wsgi",
    "django.template.loaders.cached",
    "granian.cli",
    "granian.server",
    "kombu.transport.redis",
    "tracing.management.commands.grpc",
)


def preload() -> None:
    """Import the modules of all programs, with every view and task, so that their memory is shared."""
    for name in MODULES:
        import_module(name)
    app.loader.import_default_modules()
    app.finalize(auto=True)
    assert get_resolver().reverse_dict  # which imports all views
    share_memory()
