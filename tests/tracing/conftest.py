"""What the tests of tracing share."""

from collections.abc import Iterator

import pytest

from tests.tracing.servers import Web, web_server


@pytest.fixture(scope="session")
def web(django_db_setup: None) -> Iterator[Web]:
    """The real web server, over the test database."""
    with web_server() as server:
        yield server
