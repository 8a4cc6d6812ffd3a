"""Annotation of sessions by people: scores by config, comments, corrected answers, and review queues."""
