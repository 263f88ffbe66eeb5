"""Adding from the browser: which addresses may be fetched, which uploads are taken, and who may leave meanwhile."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest

from index import Archive
from index.errors import BadInput, CitedeskError, FetchFailed
from index.handed import Handed
from index.reports import Progress, SyncReport
from index.web import Fetcher
from tests.conftest import ROOT
from tests.fakes import FakeEncoder
from tests.news_server import Server
from ui.adding import Moment, Taken, addresses_work, carried_on, files_work, steps
from ui.page.upload_gate import UploadGate
from ui.people import Person
from ui.streaming import Streams

TEXT = "The mayor of Hamar opened the bridge on Tuesday. It cost nine million kroner."


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    with Archive.open(tmp_path / "archive", encoder=FakeEncoder()) as made:
        yield made


def quiet(_: Progress) -> None:
    pass


@pytest.mark.parametrize("private", [False, True])
def test_private_networks_are_reached_only_if_the_operator_says_so(archive: Archive, private: bool) -> None:
    news = Server()
    page, missing = news.page("/a.txt", TEXT), f"{news.url}/none"
    taken = addresses_work(archive, f" {page}\n{missing} ", private=private)(quiet)
    news.shutdown()
    news.server_close()
    assert [one.label for one in taken] == [page, missing]
    assert taken[0].report.added == archive.count() == int(private)
    assert bool(news.asked) == private, "not even asked"
    if not private:
        assert "CITEDESK_FETCH_PRIVATE" in taken[0].report.problems[0].reason


def test_behind_a_proxy_too_every_name_is_looked_up_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")

    def unknown(name: str) -> list[str]:
        raise OSError("unknown")

    with pytest.raises(FetchFailed), Fetcher(private=False, resolver=unknown) as fetcher:
        fetcher.fetch("http://intranet/")
    with pytest.raises(FetchFailed, match="private network"):
        Fetcher(private=False, resolver=lambda name: ["93.184.215.14", "10.0.0.1"]).fetch(
            "http://both.example/"
        )


@pytest.mark.parametrize("typed", ["", "  \n ", " ".join(f"https://x.example/{n}" for n in range(21))])
def test_no_address_and_too_many_are_refused(archive: Archive, typed: str) -> None:
    with pytest.raises(BadInput):
        addresses_work(archive, typed, private=False)


def test_a_path_of_the_server_is_no_address(archive: Archive, tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text(TEXT, "utf-8")
    taken = addresses_work(archive, f"{tmp_path}/secret.txt file://{tmp_path}/secret.txt", private=True)(
        quiet
    )
    assert archive.count() == 0
    assert all("no web address" in one.report.problems[0].reason for one in taken)


def test_uploads_are_deleted_once_they_are_read(archive: Archive, tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text(TEXT, "utf-8")
    *moments, taken = steps(files_work(archive, [str(path)]))
    assert all(isinstance(one, Moment) for one in moments)
    assert isinstance(taken, tuple) and taken[0].report.added == 1
    assert not path.exists()


def test_whoever_leaves_does_not_stop_the_work_but_the_end_of_the_server_does() -> None:
    begun, go, done, stopped = (threading.Event() for _ in range(4))

    def work(told: Any) -> tuple[Taken, ...]:
        told(Progress("reading", 0, 1))
        begun.set()
        go.wait(10)
        try:
            told(Progress("reading", 1, 1))
        except KeyboardInterrupt:
            stopped.set()
            raise
        done.set()
        return (Taken("a", SyncReport(added=1)),)

    async def leave() -> None:
        async with aclosing(carried_on(Streams(), work)) as items:
            async for _ in items:
                break
        go.set()
        await asyncio.to_thread(done.wait, 10)
        await asyncio.gather(*(task for task in asyncio.all_tasks() if task is not asyncio.current_task()))

    async def end() -> None:
        streams = Streams()
        with pytest.raises(CitedeskError, match="stopping"):
            async for _ in carried_on(streams, work):
                streams.interrupt(CitedeskError("the server is stopping"))
                go.set()

    asyncio.run(leave())
    assert done.is_set() and not stopped.is_set()
    begun.clear(), go.clear()
    asyncio.run(end())


@pytest.mark.parametrize(
    ("role", "length", "status"),
    [
        ("reader", b"10", 403),
        ("editor", b"10", 200),
        ("editor", b"100000000", 200),
        ("editor", b"200000000", 413),
        ("editor", None, 411),
        ("editor", b"-1", 411),
    ],
)
def test_an_upload_is_judged_before_it_is_read(role: Any, length: bytes | None, status: int) -> None:
    sent: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})

    async def receive() -> Any:
        raise AssertionError("read")

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/gradio_api/upload",
        "headers": [(b"content-length", length)] if length else [],
        "state": {"person": Person("ann", role)},
    }
    asyncio.run(UploadGate(app, 100_000_000)(scope, receive, send))
    assert sent[0]["status"] == status


def test_a_server_that_is_killed_while_it_adds_leaves_a_sound_archive(
    archive: Archive, tmp_path: Path
) -> None:
    wire = tmp_path / "wire.jsonl"
    wire.write_text(
        "\n".join(json.dumps({"text": f"{TEXT} It is number {n}."}) for n in range(3000)), "utf-8"
    )
    adding = (
        "import sys; from pathlib import Path; from index import Archive; from index.handed import Handed;"
        "from tests.fakes import FakeEncoder;"
        "a = Archive.open(sys.argv[1], encoder=FakeEncoder());"
        "a.take([Handed('wire.jsonl', Path(sys.argv[2]))], progress=lambda now: print(now.done, flush=True))"
    )
    command = [sys.executable, "-c", adding, str(archive.path), str(wire)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdout is not None
        next(line for line in process.stdout if int(line) > 0)
        process.kill()
    assert archive.check().ok
    (report,) = archive.take([Handed("wire.jsonl", wire)])
    assert (report.total, archive.count()) == (3000, 3000)
    assert archive.check().ok
