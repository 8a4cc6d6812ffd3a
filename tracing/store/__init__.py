"""Writes records, and keeps every sum that follows from them: traces, hours, scores, files, tombstones."""
