"""What a server remembers: conversations, and what people thought of the answers."""
