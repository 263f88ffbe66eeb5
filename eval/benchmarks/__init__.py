"""Measurements of speed, each a module that runs on its own."""
