"""How the reader that citedesk ships was trained: its data, and the loop. Not needed to use it."""
