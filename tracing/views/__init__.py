"""Pages of traces, files, usage and prices."""
