"""Limits of ingestion, and the rules that make a record fit."""
