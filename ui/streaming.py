"""From a blocking iterator to an asynchronous one that is throttled and can be stopped."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from functools import partial
from typing import Any, TypeVar

from index.errors import CitedeskError
from rag.leaving import has_left

T = TypeVar("T")
_log = logging.getLogger(__name__)


class _End:
    """Marks that nothing more comes."""


class Stopping(CitedeskError):
    """The server is about to end."""


AT_ONCE = 8
"""Answers that are worked on at the same time; further ones wait their turn."""
MOST_ASIDE = 200
"""Answers beside these that do little but wait for an LLM on another machine."""


class Streams:
    """The streams that are being read now. Belongs to one event loop; only `interrupt` ends all.

    At most ``at_once`` are worked on, in the order in which they came. ``ended`` hears of each one how many
    seconds its reader has waited for it, its turn included.
    """

    def __init__(self, at_once: int = AT_ONCE) -> None:
        self._inboxes: set[asyncio.Queue[Any]] = set()
        self._crew = Crew(at_once)
        self.ended: Callable[[float], None] = lambda seconds: None

    def step_aside(self) -> None:
        """Called by what ``start`` has begun: it will mostly wait for another machine, others may go on meanwhile."""
        self._crew.step_aside()

    @property
    def running(self) -> int:
        """How many streams are being read, those included whose turn has not come."""
        return len(self._inboxes)

    def interrupt(self, error: CitedeskError) -> None:
        """End every running stream: its reader gets this error."""
        for inbox in self._inboxes:
            inbox.put_nowait(error)

    async def throttled(
        self, start: Callable[[], Iterator[T]], *, interval_s: float = 0.1
    ) -> AsyncGenerator[T, None]:
        """The newest item, at most once an interval, and the last one always.

        ``start`` runs in another thread, when its turn has come. Closing this iterator closes the inner one as
        soon as its current step returns, which does not wait for an LLM any longer. A CitedeskError raised there
        is raised here.
        """
        inbox: asyncio.Queue[T | _End | CitedeskError] = asyncio.Queue()
        stopped = threading.Event()
        feed = partial(_feed, start, asyncio.get_running_loop(), inbox, stopped)
        self._crew.do(feed)
        self._inboxes.add(inbox)
        began = time.monotonic()
        try:
            async for newest in _batches(inbox, interval_s):
                yield newest
        finally:
            self._inboxes.discard(inbox)
            stopped.set()
            self.ended(time.monotonic() - began)


class Crew:
    """So many threads at most, as long as there is work; further jobs wait in line.

    They are daemons: a job that hangs does not keep the process from ending.
    """

    def __init__(self, most: int, most_aside: int = MOST_ASIDE) -> None:
        self._most = most
        self._most_aside = most_aside
        self._jobs: deque[Callable[[], None]] = deque()
        self._busy = 0
        self._aside = 0
        self._lock = threading.Lock()
        self._thread = threading.local()

    def do(self, job: Callable[[], None]) -> None:
        """Have a job done by a thread that is free, or will be."""
        with self._lock:
            self._jobs.append(job)
            if self._busy == self._most:
                return
            self._busy += 1
        self._hire()

    def step_aside(self) -> None:
        """The calling job goes on beside the others, and the next in line has its place."""
        with self._lock:
            if not getattr(self._thread, "in_place", False) or self._aside == self._most_aside:
                return
            self._thread.in_place = False
            self._aside += 1
            if not self._jobs:
                self._busy -= 1
                return
        self._hire()

    def _hire(self) -> None:
        threading.Thread(target=self._work, name="answer", daemon=True).start()

    def _work(self) -> None:
        self._thread.in_place = True
        while True:
            with self._lock:
                if not self._thread.in_place:
                    self._aside -= 1
                    return
                if not self._jobs:
                    self._busy -= 1
                    return
                job = self._jobs.popleft()
            try:
                job()
            except Exception:  # noqa: BLE001 - a bug in one job; those that wait must not suffer from it
                _log.exception("an answer broke off")


def _feed(
    start: Callable[[], Iterator[T]],
    loop: asyncio.AbstractEventLoop,
    inbox: asyncio.Queue[T | _End | CitedeskError],
    stopped: threading.Event,
) -> None:
    def send(item: T | _End | CitedeskError) -> None:
        if not loop.is_closed():
            loop.call_soon_threadsafe(inbox.put_nowait, item)

    has_left.set(stopped.is_set)
    try:
        items = start()
        try:
            for item in () if stopped.is_set() else items:  # its reader may have left before its turn came
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
