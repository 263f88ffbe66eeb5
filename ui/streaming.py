"""From a blocking iterator to an asynchronous one that is throttled and can be stopped."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from functools import partial
from typing import Any, TypeVar

from index.errors import CitedeskError

T = TypeVar("T")


class _End:
    """Marks that nothing more comes."""


class Streams:
    """The streams that are being read now. Belongs to one event loop; only `interrupt` ends all."""

    def __init__(self) -> None:
        self._inboxes: set[asyncio.Queue[Any]] = set()

    @property
    def running(self) -> int:
        """How many streams are being read."""
        return len(self._inboxes)

    def interrupt(self, error: CitedeskError) -> None:
        """End every running stream: its reader gets this error."""
        for inbox in self._inboxes:
            inbox.put_nowait(error)

    async def throttled(
        self, start: Callable[[], Iterator[T]], *, interval_s: float = 0.1
    ) -> AsyncGenerator[T, None]:
        """The newest item, at most once an interval, and the last one always.

        ``start`` runs in a thread of its own. Closing this iterator closes the inner one as soon as its
        current step returns. A CitedeskError raised there is raised here.
        """
        inbox: asyncio.Queue[T | _End | CitedeskError] = asyncio.Queue()
        stopped = threading.Event()
        feed = partial(_feed, start, asyncio.get_running_loop(), inbox, stopped)
        threading.Thread(target=feed, name="answer", daemon=True).start()
        self._inboxes.add(inbox)
        try:
            async for newest in _batches(inbox, interval_s):
                yield newest
        finally:
            self._inboxes.discard(inbox)
            stopped.set()


def _feed(
    start: Callable[[], Iterator[T]],
    loop: asyncio.AbstractEventLoop,
    inbox: asyncio.Queue[T | _End | CitedeskError],
    stopped: threading.Event,
) -> None:
    def send(item: T | _End | CitedeskError) -> None:
        if not loop.is_closed():
            loop.call_soon_threadsafe(inbox.put_nowait, item)

    try:
        items = start()
        try:
            for item in items:
                if stopped.is_set():
                    break
                send(item)
        finally:
            if close := getattr(items, "close", None):
                close()
    except CitedeskError as error:
        send(error)
    finally:
        send(_End())


async def _batches(inbox: asyncio.Queue[T | _End | CitedeskError], interval_s: float) -> AsyncIterator[T]:
    due = time.monotonic()
    while True:
        batch = [await inbox.get()]
        await asyncio.sleep(max(0.0, due - time.monotonic()))
        while not inbox.empty():
            batch.append(inbox.get_nowait())
        items = [item for item in batch if not isinstance(item, _End | CitedeskError)]
        if items:
            yield items[-1]
            due = time.monotonic() + interval_s
        for item in batch:
            if isinstance(item, CitedeskError):
                raise item
        if isinstance(batch[-1], _End):
            return
