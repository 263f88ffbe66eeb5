"""The REST API: what the page and the command line can do, for programs."""

from ui.api.app import create_app
from ui.api.bodies import MAX_BODY

__all__ = ["MAX_BODY", "create_app"]
