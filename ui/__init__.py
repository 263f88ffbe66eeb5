"""Faces for people: the command line, the REST API and the chat page."""
