"""An archive of another model or of earlier rules is made anew from its own articles."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Sequence
from pathlib import Path

import pytest

from index import Archive, Article
from index.derived import writer_lock
from index.encoder import Vectors
from index.errors import ArchiveLocked, ArchiveMismatch, ArchiveNotFound
from index.migrate import migrate
from tests.fakes import FakeEncoder

V1 = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE articles (n INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, digest TEXT NOT NULL, title TEXT NOT NULL,
    date TEXT, url TEXT, body_start INTEGER NOT NULL, text TEXT NOT NULL);
CREATE TABLE passages (n INTEGER PRIMARY KEY AUTOINCREMENT, article INTEGER NOT NULL, start INTEGER NOT NULL,
    end INTEGER NOT NULL, key BLOB NOT NULL, text TEXT NOT NULL);
CREATE TABLE vectors (key BLOB NOT NULL UNIQUE, vector BLOB NOT NULL);
CREATE TABLE files (path TEXT PRIMARY KEY, size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL, digest TEXT NOT NULL);
CREATE TABLE origins (path TEXT NOT NULL, article INTEGER NOT NULL, PRIMARY KEY (path, article)) WITHOUT ROWID;
CREATE TABLE problems (path TEXT NOT NULL, source TEXT NOT NULL, reason TEXT NOT NULL)
"""


@pytest.fixture
def news(tmp_path: Path) -> Path:
    folder = tmp_path / "news"
    folder.mkdir()
    (folder / "a.txt").write_text(" date 2023-11-08 A platform was retaken in the sea.", "utf-8")
    (folder / "b.jsonl").write_text('{"id": "b", "text": "Leaders met in Granada."}\n{"text": 7}\n', "utf-8")
    return folder


@pytest.fixture
def desk(tmp_path: Path, news: Path) -> Path:
    with Archive.open(tmp_path / "desk", encoder=FakeEncoder()) as archive:
        archive.sync(news)
        (news / "b.jsonl").write_text('{"id": "b", "text": "Leaders met in Madrid."}\n{"text": 7}\n', "utf-8")
        archive.sync(news)
    return tmp_path / "desk"


def test_another_model_takes_over_articles_files_problems_and_versions(desk: Path, news: Path) -> None:
    other = FakeEncoder("fake-other")
    with pytest.raises(ArchiveMismatch, match="--migrate"):
        Archive.open(desk, encoder=other)
    assert migrate(desk, encoder=other) == 2
    assert sorted(p.name for p in desk.parent.iterdir()) == ["desk", "news"]
    with Archive.open(desk, encoder=other) as archive:
        assert archive.check().ok
        assert [v.article.text for v in archive.versions("b")] == [
            "Leaders met in Madrid.",
            "Leaders met in Granada.",
        ]
        assert archive.search("platform", k=1)[0].passage.text.startswith("A platform")
        other.encoded.clear()
        report = archive.sync(news)
        assert (report.unchanged, report.added, len(report.problems)) == (2, 0, 1) and not other.encoded


def test_passages_that_stay_are_not_encoded_again(desk: Path) -> None:
    encoder = FakeEncoder()
    db = sqlite3.connect(desk / "catalogue.sqlite")
    db.execute("UPDATE meta SET value = '1' WHERE key = 'chunking'")
    db.commit()
    db.close()
    with pytest.raises(ArchiveMismatch, match=r"chunking version 1.*--migrate"):
        Archive.open(desk, encoder=encoder)
    migrate(desk, encoder=encoder)
    assert not encoder.encoded
    with Archive.open(desk, encoder=encoder) as archive:
        assert archive.check().ok


def test_an_archive_of_the_first_version_is_read(tmp_path: Path) -> None:
    folder = tmp_path / "desk"
    folder.mkdir()
    db = sqlite3.connect(folder / "catalogue.sqlite")
    db.executescript(V1)
    db.executescript(
        "INSERT INTO meta VALUES ('schema', '1'), ('encoder', 'fake-64'), ('model', 'fake-64');"
        "INSERT INTO articles VALUES (4, 'x', 'd', 'Title', '2023-11-08', 'https://e.x/1', 0, 'Kyiv spoke of it.');"
        "INSERT INTO origins VALUES ('/news/a.txt', 4);"
        "INSERT INTO files VALUES ('/news/a.txt', 5, 6, 'e')"
    )
    db.commit()
    db.close()
    assert migrate(folder, encoder=FakeEncoder()) == 1
    with Archive.open(folder, encoder=FakeEncoder()) as archive:
        article = archive.article("x")
        assert (article.title, str(article.date), article.url) == ("Title", "2023-11-08", "https://e.x/1")
        assert archive.check().ok and archive.search("Kyiv")


class Stopped(FakeEncoder):
    """Ctrl-C at once."""

    def encode(self, texts: Sequence[str]) -> Vectors:
        raise KeyboardInterrupt


def test_interrupted_the_old_archive_stays_and_the_work_goes_on(desk: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        migrate(desk, encoder=Stopped("fake-other"))
    with Archive.open(desk, encoder=FakeEncoder()) as archive:
        assert archive.check().ok and len(archive.articles()) == 2
    assert migrate(desk, encoder=FakeEncoder("fake-other")) == 2
    with Archive.open(desk, encoder=FakeEncoder("fake-other")) as archive:
        assert archive.check().ok and len(archive.articles()) == 2


def test_what_cannot_be_migrated_is_said(tmp_path: Path, desk: Path) -> None:
    with pytest.raises(ArchiveNotFound):
        migrate(tmp_path / "nothing", encoder=FakeEncoder())
    with writer_lock(desk), pytest.raises(ArchiveLocked):
        migrate(desk, encoder=FakeEncoder())
    db = sqlite3.connect(desk / "catalogue.sqlite")
    db.execute("UPDATE meta SET value = '99' WHERE key = 'schema'")
    db.commit()
    db.close()
    with pytest.raises(ArchiveMismatch, match="later citedesk"):
        migrate(desk, encoder=FakeEncoder())
    shutil.rmtree(desk)


def test_articles_added_directly_stay_direct(tmp_path: Path) -> None:
    with Archive.open(tmp_path / "desk", encoder=FakeEncoder()) as archive:
        archive.add([Article(text="Said without a file.", id="direct")])
    migrate(tmp_path / "desk", encoder=FakeEncoder("fake-other"))
    with Archive.open(tmp_path / "desk", encoder=FakeEncoder("fake-other")) as archive:
        assert archive.article("direct").text == "Said without a file."
