"""From a blocking stream to the page: throttled, complete, and stopped when the reader has gone."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator

import pytest

from index.errors import LLMError
from ui.streaming import Crew, Streams


def test_a_fast_stream_is_thinned_but_its_last_item_always_comes() -> None:
    async def collect() -> list[int]:
        return [item async for item in Streams().throttled(lambda: iter(range(10_000)), interval_s=0.05)]

    items = asyncio.run(collect())
    assert items[-1] == 9_999
    assert len(items) < 100
    assert items == sorted(items)


def test_leaving_closes_the_stream_behind() -> None:
    closed = threading.Event()

    def endless() -> Iterator[int]:
        number = 0
        try:
            while not closed.wait(0.001):
                yield (number := number + 1)
        finally:
            closed.set()

    async def leave_after_two() -> None:
        items = Streams().throttled(endless, interval_s=0.001)
        await anext(items)
        await anext(items)
        await items.aclose()

    asyncio.run(leave_after_two())
    assert closed.wait(5), "nobody listens, and yet the stream goes on"


def test_cancelling_the_task_closes_the_stream_behind() -> None:
    closed = threading.Event()
    release = threading.Event()

    def waits() -> Iterator[int]:
        try:
            yield 1
            release.wait(5)
            yield 2
            yield 3
        finally:
            closed.set()

    async def cancelled() -> None:
        async def read() -> None:
            async for _ in Streams().throttled(waits):
                started.set()

        started = asyncio.Event()
        task = asyncio.create_task(read())
        await started.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cancelled())
    release.set()
    assert closed.wait(5)


def test_what_came_before_an_error_is_shown_and_the_error_is_raised() -> None:
    def fails() -> Iterator[int]:
        yield 1
        raise LLMError("the LLM went away; ask again")

    async def read() -> None:
        items = Streams().throttled(fails)
        assert await anext(items) == 1
        with pytest.raises(LLMError, match="went away"):
            await anext(items)

    asyncio.run(read())


def test_an_error_at_the_start_is_raised_too() -> None:
    def start() -> Iterator[int]:
        raise LLMError("no such server")

    async def first() -> None:
        await anext(Streams().throttled(start))

    with pytest.raises(LLMError, match="no such server"):
        asyncio.run(first())


def test_an_interrupt_reaches_a_reader_whose_stream_is_silent() -> None:
    release = threading.Event()
    closed = threading.Event()

    def silent() -> Iterator[int]:
        try:
            yield 1
            release.wait(10)
            yield 2
            yield 3
        finally:
            closed.set()

    async def read() -> None:
        streams = Streams()
        items = streams.throttled(silent)
        assert await anext(items) == 1
        assert streams.running == 1
        streams.interrupt(LLMError("the server is stopping"))
        with pytest.raises(LLMError, match="stopping"):
            await anext(items)
        assert streams.running == 0

    asyncio.run(read())
    release.set()
    assert closed.wait(5)


@pytest.mark.parametrize("steps_aside", [False, True])
def test_answers_wait_for_their_turn_but_not_behind_one_that_waits_for_an_llm(steps_aside: bool) -> None:
    release = threading.Event()

    async def order() -> list[str]:
        streams, ended = Streams(at_once=1), []

        def slow() -> Iterator[str]:
            if steps_aside:
                streams.step_aside()
            release.wait(10)
            yield "slow"

        async def read(start: Callable[[], Iterator[str]]) -> None:
            ended.extend([item async for item in streams.throttled(start)])
            release.set()

        both = asyncio.gather(read(slow), read(lambda: iter(["quick"])))
        if not steps_aside:
            await asyncio.sleep(0.02)
            assert (ended, streams.running) == ([], 2), "the second waits for its turn"
            release.set()
        await both
        return ended

    assert asyncio.run(order()) == (["quick", "slow"] if steps_aside else ["slow", "quick"])


def test_no_more_step_aside_than_may_and_all_are_done_in_the_end() -> None:
    crew, release, done = Crew(2, most_aside=3), threading.Event(), threading.Semaphore(0)

    def job() -> None:
        crew.step_aside()
        started.release()
        release.wait(10)
        done.release()

    started = threading.Semaphore(0)
    for _ in range(9):
        crew.do(job)
    assert all(started.acquire(timeout=5) for _ in range(5))
    assert not started.acquire(timeout=0.05), "two in their places and three beside them are all that may"
    release.set()
    assert all(done.acquire(timeout=5) for _ in range(9))


def test_so_many_are_worked_on_at_once_and_the_others_in_the_order_they_came() -> None:
    going, most, order = 0, 0, []
    lock = threading.Lock()

    def work(number: int) -> Iterator[int]:
        nonlocal going, most
        with lock:
            going, most = going + 1, max(most, going + 1)
            order.append(number)
        threading.Event().wait(0.005)
        with lock:
            going -= 1
        yield number

    async def read_all() -> list[int]:
        streams = Streams(at_once=3)

        async def read(number: int) -> int:
            return [item async for item in streams.throttled(lambda: work(number))][-1]

        return await asyncio.gather(*(read(number) for number in range(20)))

    assert asyncio.run(read_all()) == list(range(20))
    assert most == 3
    assert sorted(order[:3]) == [0, 1, 2] and set(order[-3:]) <= set(range(14, 20))


def test_who_leaves_the_line_is_told_to_the_stream_that_never_began() -> None:
    release, closed, begun = threading.Event(), threading.Event(), []

    class Waiting:
        def __iter__(self) -> Iterator[int]:
            begun.append(1)
            return iter(())

        def close(self) -> None:
            closed.set()

    def busy() -> Iterator[int]:
        yield 1
        release.wait(10)

    async def leave() -> None:
        streams = Streams(at_once=1)
        first = streams.throttled(busy)
        await anext(first)
        second = asyncio.create_task(anext(streams.throttled(Waiting)))  # type: ignore[arg-type]
        while streams.running < 2:
            await asyncio.sleep(0)
        second.cancel()
        await asyncio.gather(second, return_exceptions=True)
        release.set()
        await first.aclose()

    asyncio.run(leave())
    assert closed.wait(5) and begun == []


def test_a_bug_in_one_stream_does_not_end_those_that_wait(caplog: pytest.LogCaptureFixture) -> None:
    def broken() -> Iterator[int]:
        raise RuntimeError("a bug")

    async def read() -> list[list[int]]:
        streams = Streams(at_once=1)

        async def items(start: object) -> list[int]:
            return [item async for item in streams.throttled(start)]  # type: ignore[arg-type]

        return await asyncio.gather(items(broken), items(lambda: iter([7])))

    assert asyncio.run(read()) == [[], [7]]
    assert "a bug" in caplog.text
