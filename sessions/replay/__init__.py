"""The page of one session: conversation, timeline, replay, title, bookmark and note."""
