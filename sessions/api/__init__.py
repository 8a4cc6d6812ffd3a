"""What programs read and write: `v1` is our own API, `langfuse` has the shape of Langfuse's."""
