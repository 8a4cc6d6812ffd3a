"""Writes records, and keeps everything that follows from them: sums of traces and hours, scores, files, tombstones."""
