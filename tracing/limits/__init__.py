"""Every limit of ingestion, and how a record is made to fit."""
