"""What a message says, and its form for each kind of channel."""
