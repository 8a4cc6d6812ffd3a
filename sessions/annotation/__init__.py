"""What people say about sessions: scores by config, comments, corrected answers, and queues to review."""
