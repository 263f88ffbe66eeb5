"""Whether anybody still waits for an answer, for the places where one waits long for an LLM."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar

has_left: ContextVar[Callable[[], bool]] = ContextVar("has_left", default=lambda: False)
"""Set by whoever asks on behalf of somebody who may leave, in the thread that works on the answer."""
