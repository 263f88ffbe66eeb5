"""An archive that is kept current: real files, real notices of change, no sleeping."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from index import Archive, SyncReport
from index.derived import writer_lock
from index.errors import BadSetting, FetchFailed, SourceNotFound
from index.watch import watch
from index.web import Page, Validators
from tests.fakes import FakeEncoder

WAIT_S = 30.0


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    with Archive.open(tmp_path / "desk", encoder=FakeEncoder()) as opened:
        yield opened


@pytest.fixture
def news(tmp_path: Path) -> Path:
    folder = tmp_path / "news"
    folder.mkdir()
    (folder / "bridge.txt").write_text("The mayor of Oslo opened a bridge.", "utf-8")
    return folder


class Reports:
    """What a watch told, waited for."""

    def __init__(self) -> None:
        self._told: queue.Queue[SyncReport] = queue.Queue()
        self.put = self._told.put

    def until(self, fits: Callable[[SyncReport], Any]) -> SyncReport:
        while True:
            report = self._told.get(timeout=WAIT_S)
            if fits(report):
                return report


@contextmanager
def watching(archive: Archive, *paths: Path | str, **more: Any) -> Iterator[Reports]:
    """A watch in a thread of its own, past its first sync."""
    stop, reports, ended = threading.Event(), Reports(), queue.Queue[BaseException | None]()

    def run() -> None:
        try:
            watch(archive, *paths, told=reports.put, stop=stop, **more)
            ended.put(None)
        except BaseException as error:  # noqa: BLE001
            ended.put(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        reports.until(lambda report: True)
        yield reports
    finally:
        stop.set()
        thread.join(WAIT_S)
    assert ended.get(timeout=WAIT_S) is None and not thread.is_alive()


def test_files_that_come_change_and_go_are_taken_up(archive: Archive, news: Path) -> None:
    with watching(archive, news) as reports:
        (news / "storm.txt").write_text("A storm closed the port.", "utf-8")
        assert reports.until(lambda r: r.added).total == 2
        (news / "storm.new").write_text("A storm closed two ports.", "utf-8")
        (news / "storm.new").replace(news / "storm.txt")  # as editors write
        reports.until(lambda r: r.changed == 1)
        assert archive.search("storm ports", k=1)[0].passage.text == "A storm closed two ports."
        (news / "storm.txt").unlink()
        assert reports.until(lambda r: r.removed).total == 1


def test_a_file_that_changes_while_it_is_read_is_read_again(
    archive: Archive, news: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from index import readers

    real, target = readers.read, news / "half.txt"

    def read(path: Path) -> Iterator[readers.Item]:
        yield from real(path)
        if path == target and path.read_text() == "Half a":
            target.write_text("Half a sentence became a whole one.", "utf-8")

    monkeypatch.setattr(readers, "read", read)
    with watching(archive, news) as reports:
        target.write_text("Half a", "utf-8")
        reports.until(lambda r: r.changed)
    assert sorted(a.text[:6] for a in archive.articles()) == ["Half a", "The ma"]
    assert any("whole one" in a.text for a in archive.articles())


def test_the_archive_may_lie_in_the_folder_and_hidden_files_are_no_news(
    news: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Archive.open(news / "desk", encoder=FakeEncoder()) as archive:
        real, runs = archive.sync, list[int]()
        monkeypatch.setattr(archive, "sync", lambda *a, **k: (runs.append(1), real(*a, **k))[1])
        with watching(archive, news) as reports:
            reports.until(lambda r: True)  # the one that makes sure nothing was missed
            (news / ".hidden.txt").write_text("Not an article.", "utf-8")
            (news / "seen.txt").write_text("An article.", "utf-8")
            reports.until(lambda r: r.added)
        assert len(runs) <= 4, "its own writing does not wake it"


def test_a_folder_that_goes_and_comes_back(archive: Archive, news: Path, tmp_path: Path) -> None:
    with watching(archive, news, every_s=0.3) as reports:
        news.rename(tmp_path / "away")
        (problem,) = reports.until(lambda r: r.problems).problems
        assert problem.source == str(news) and "stays until it is back" in problem.reason
        assert len(archive.articles()) == 1
        (tmp_path / "away" / "storm.txt").write_text("A storm closed the port.", "utf-8")
        (tmp_path / "away").rename(news)
        assert not reports.until(lambda r: r.added).problems


def test_a_single_file_written_by_renaming(archive: Archive, news: Path) -> None:
    file = news / "bridge.txt"
    with watching(archive, file) as reports:
        for number in range(4):
            (news / "new").write_text(f"The bridge was opened {number} times.", "utf-8")
            (news / "new").replace(file)
            assert reports.until(lambda r: r.changed).total == 1


class Web:
    """Pages without a network."""

    def __init__(self) -> None:
        self.text, self.asked = "Rain fell on Oslo.", 0

    def fetch(self, url: str, **more: Any) -> Page:
        self.asked += 1
        return Page(url, url, "text/plain", self.text.encode(), Validators())


def test_addresses_are_asked_again_every_so_often(archive: Archive) -> None:
    web = Web()
    with watching(archive, "https://news.example/a", every_s=0.01, fetcher=web) as reports:
        web.text = "Snow fell on Oslo."
        reports.until(lambda r: r.changed == 1)
    assert archive.status().versions == 1


def test_files_do_not_make_it_ask_addresses(archive: Archive, news: Path) -> None:
    web = Web()
    with watching(archive, news, "https://news.example/a", fetcher=web) as reports:
        (news / "storm.txt").write_text("A storm closed the port.", "utf-8")
        reports.until(lambda r: r.added)
    assert web.asked == 1 and len(archive.articles()) == 3


def test_another_writer_is_waited_for(archive: Archive, news: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("index.filling.WAIT_S", 0.0)
    refused = threading.Event()
    real = archive.sync

    def sync(*paths: Any, **more: Any) -> SyncReport:
        try:
            return real(*paths, **more)
        except Exception:
            refused.set()
            raise

    monkeypatch.setattr(archive, "sync", sync)
    with watching(archive, news) as reports:
        with writer_lock(archive.path, 5.0):
            (news / "storm.txt").write_text("A storm closed the port.", "utf-8")
            assert refused.wait(WAIT_S)
        assert reports.until(lambda r: r.added).total == 2


def test_patterns_hold_for_every_sync(archive: Archive, news: Path) -> None:
    with watching(archive, news, exclude=["draft*"]) as reports:
        (news / "draft.txt").write_text("A draft.", "utf-8")
        (news / "storm.txt").write_text("A storm closed the port.", "utf-8")
        reports.until(lambda r: r.added)
    assert not any("draft" in a.text for a in archive.articles())


def test_mistakes_are_told_before_any_work(archive: Archive, news: Path) -> None:
    for error, paths, more in [
        (SourceNotFound, [news / "none"], {}),
        (FetchFailed, [news, "https://bad host/"], {}),
        (BadSetting, [news], {"include": [""]}),
    ]:
        with pytest.raises(error):
            watch(archive, *paths, told=lambda report: pytest.fail("it worked"), **more)  # type: ignore[arg-type]
    assert archive.articles() == []
