"""The part of Langfuse's API that its SDKs need."""
