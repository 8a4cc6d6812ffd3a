"""A server that speaks S3, over real HTTP. What it needs is imported by the few tests that ask for it."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

KEYS = {"access_key": "confab", "secret_key": "a secret of the tests"}
S3_STORAGE = "storages.backends.s3.S3Storage"


@contextmanager
def serving() -> Iterator[str]:
    """Yield the address of a server that is empty."""
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        yield f"http://{host}:{port}"
    finally:
        server.stop()


@pytest.fixture(scope="session")
def s3() -> Iterator[str]:
    with serving() as address:
        yield address


def bucket_of_its_own(address: str) -> dict[str, Any]:
    """Make a bucket, and return the options with which Confab uses it."""
    import boto3

    name = f"bucket-{uuid.uuid4().hex}"
    client = boto3.client(
        "s3",
        endpoint_url=address,
        region_name="us-east-1",
        aws_access_key_id=KEYS["access_key"],
        aws_secret_access_key=KEYS["secret_key"],
    )
    client.create_bucket(Bucket=name)
    return {"endpoint_url": address, "bucket_name": name, "region_name": "us-east-1", **KEYS}
