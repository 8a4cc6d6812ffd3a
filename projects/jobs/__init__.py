"""Long and scheduled work: slices that take turns, records of jobs, time limits of statements, and Redis clients."""
