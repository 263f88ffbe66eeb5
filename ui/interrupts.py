"""Ctrl-C during long work: once is enough, and twice does no harm."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class Stopped(Exception):
    """The user stopped the work; the message says what there is of it. Exit status 130."""


@contextmanager
def patient() -> Iterator[None]:
    """Pass over every Ctrl-C but the first: what is ready is being stored after that one."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def first(number: int, frame: FrameType | None) -> None:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGINT, first)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
