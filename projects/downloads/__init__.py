"""Everything that is handed out as a file: made within bounds, sent within bounds, and never cut off in silence."""
