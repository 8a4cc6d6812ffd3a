"""The HTTP endpoints that SDKs send to."""
