"""Pages of scoring, comments, review queues and score configs."""
