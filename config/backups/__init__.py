"""Backups: the database, the files of traces and the keys, kept in a directory or in S3."""
