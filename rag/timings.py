"""Timings: how long each stage of an answer took."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

STAGES = ("retrieve", "read", "write", "verify")


class Timings:
    """Adds up wall-clock milliseconds by stage, from the moment it is made.

    >>> timings = Timings()
    >>> with timings.stage("read"):
    ...     pass
    >>> list(timings.as_dict())
    ['retrieve', 'read', 'write', 'verify', 'total']
    """

    def __init__(self) -> None:
        self._began = time.perf_counter()
        self._spent = dict.fromkeys(STAGES, 0.0)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Count the time of the block towards this stage."""
        began = time.perf_counter()
        try:
            yield
        finally:
            self._spent[name] += time.perf_counter() - began

    def as_dict(self) -> dict[str, float]:
        """Milliseconds a stage, and in total, to the microsecond."""
        seconds = {**self._spent, "total": time.perf_counter() - self._began}
        return {name: round(1000 * spent, 3) for name, spent in seconds.items()}
