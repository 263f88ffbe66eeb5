"""Adding from the browser: files and addresses on their way into the archive, and what became of each."""

from __future__ import annotations

import asyncio
import queue
import threading
import time
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from index.addresses import address
from index.errors import BadInput, CitedeskError
from index.handed import Handed
from index.reports import FileProblem, OnProgress, Progress, SyncReport
from index.sources import is_address
from index.web import Fetcher
from ui.streaming import Streams

if TYPE_CHECKING:
    from index.archive import Archive

ADDRESSES = 20
"""How many may be named at once."""


@dataclass(frozen=True, slots=True)
class Moment:
    """How far it is, ``seconds`` after it began."""

    progress: Progress
    seconds: float


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of one file, or one address."""

    label: str
    report: SyncReport


Outcome = tuple[Taken, ...]
Work = Callable[[OnProgress], Outcome]


def files_work(archive: Archive, paths: Sequence[str]) -> Work:
    """Add uploaded files, each under its own name; they are deleted in the end, whatever happens."""
    files = [Handed(Path(path).name, Path(path)) for path in paths]

    def work(told: OnProgress) -> Outcome:
        try:
            reports = archive.take(files, progress=told)
        finally:
            for file in files:
                with suppress(OSError):
                    file.path.unlink()
        return tuple(Taken(f.label, report) for f, report in zip(files, reports, strict=True))

    return work


def addresses_work(archive: Archive, typed: str, *, private: bool) -> Work:
    """Fetch and add web addresses, with white space between them; nothing else is taken for a source.

    Raises BadInput if there is none, or too many; one that cannot be fetched is told in the outcome.
    """
    named = list(dict.fromkeys(typed.split()))
    if not named:
        raise BadInput("no address is given; write one as https://example.com/article")
    if len(named) > ADDRESSES:
        raise BadInput(
            f"{len(named):,} addresses are given; the limit is {ADDRESSES} at once: add some later"
        )

    def work(told: OnProgress) -> Outcome:
        with Fetcher(private=private) as fetcher:
            return tuple(Taken(_cut(one), _fetched(archive, one, told, fetcher)) for one in named)

    return work


def _fetched(archive: Archive, named: str, told: OnProgress, fetcher: Fetcher) -> SyncReport:
    try:
        if not is_address(named):  # a path, to ``sync``: of a file on the server
            raise BadInput("is no web address; write it as https://example.com/article")
        return archive.sync(address(named).url, progress=told, fetcher=fetcher)
    except BadInput as error:
        return SyncReport(problems=(FileProblem(named, str(error)),))


def _cut(named: str, limit: int = 200) -> str:
    return named if len(named) <= limit else named[: limit - 1] + "…"


def steps(work: Work) -> Iterator[Moment | Outcome]:
    """Do the work in a thread of its own: moments while it goes on, then the outcome.

    Closed early, the work stops at its next step and keeps what it has stored. Raises what it raises.
    """
    told: queue.SimpleQueue[Moment | Outcome | BaseException] = queue.SimpleQueue()
    stopped = threading.Event()
    began = time.monotonic()

    def progress(now: Progress) -> None:
        if stopped.is_set():
            raise KeyboardInterrupt  # the archive's word for: keep what is ready, and go
        told.put(Moment(now, time.monotonic() - began))

    def run() -> None:
        try:
            told.put(work(progress))
        except BaseException as error:  # noqa: BLE001 - raised where it is waited for
            told.put(error)

    threading.Thread(target=run, name="adding", daemon=True).start()
    try:
        while isinstance(item := told.get(), Moment):
            yield item
        if isinstance(item, BaseException):
            raise item
        yield item
    finally:
        stopped.set()


async def carried_on(streams: Streams, work: Work) -> AsyncGenerator[Moment | Outcome, None]:
    """The newest of ``steps``; whoever leaves does not stop them, only the end of the server does."""
    inbox: asyncio.Queue[Moment | Outcome | CitedeskError | None] = asyncio.Queue()

    async def carry() -> None:
        try:
            async with aclosing(streams.throttled(lambda: steps(work), interval_s=0.25)) as items:
                async for item in items:
                    inbox.put_nowait(item)
        except CitedeskError as error:
            inbox.put_nowait(error)
        finally:
            inbox.put_nowait(None)

    task = asyncio.create_task(carry())
    _RUNNING.add(task)
    task.add_done_callback(_RUNNING.discard)
    while (item := await inbox.get()) is not None:
        if isinstance(item, CitedeskError):
            raise item
        yield item


_RUNNING: set[asyncio.Task[None]] = set()
"""Held here, or they would be lost with the reader that left."""
