"""The page of one session: its conversation, its timeline, its replay, and what people say of it as a whole."""
