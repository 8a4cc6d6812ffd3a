"""Judges of whole conversations: rules and prompts, their verdicts, what they cost, and how far people agree."""
