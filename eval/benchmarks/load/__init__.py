"""Many people asking one server at once, and what becomes of each one's conversation."""
