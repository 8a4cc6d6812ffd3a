"""A project with a score type, and a model endpoint that its admin agreed to."""

from collections.abc import Iterator

import pytest
from django.utils import timezone

from projects.jobs.redis_client import patient_redis
from projects.models import Project, User
from sessions.annotation import configs
from sessions.models import ModelProvider, ScoreConfig
from sessions.translation.secrets import encrypted
from tests.judges.endpoint import Endpoint, served


@pytest.fixture
def frustrated(project: Project, alice: User) -> ScoreConfig:
    return configs.create(project, {"name": "frustrated", "data_type": "BOOLEAN"}, by=alice)


@pytest.fixture
def endpoint(project: Project, settings) -> Iterator[Endpoint]:
    with served() as endpoint:
        settings.TRANSLATION_HOSTS = ["127.0.0.1"]
        patient_redis().delete(*patient_redis().keys("judges:asked:*") or ["nothing"])
        ModelProvider.objects.create(
            project=project,
            protocol="openai_compatible",
            base_url=endpoint.url,
            model="gpt-4o-mini",
            secret=encrypted("k-123"),
            requests_per_minute=10_000,
            consent_by="alice@example.com",
            consent_at=timezone.now(),
        )
        yield endpoint
