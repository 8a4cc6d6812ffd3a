"""Receives reports from SDKs: from the key and the bytes to the committed rows, over HTTP and gRPC."""
