"""Metrics as Langfuse's clients ask for them: sums of the sums of traces, from which sessions are summed up, too."""
