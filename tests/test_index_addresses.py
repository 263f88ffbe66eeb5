"""Web addresses as sources of an archive, served on loopback."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from index import Archive, SyncReport
from index.errors import FetchFailed
from tests.fakes import FakeEncoder
from tests.news_server import Server


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    with Server() as server:
        yield server
        server.shutdown()


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    with Archive.open(tmp_path / "desk", encoder=FakeEncoder()) as opened:
        yield opened


def kinds(report: SyncReport) -> dict[str, int]:
    every = ("added", "changed", "moved", "removed", "unchanged")
    return {kind: number for kind in every if (number := getattr(report, kind))}


def test_a_page_is_fetched_once_and_then_only_asked_for(archive: Archive, server: Server) -> None:
    url = server.page("/a", "The mayor of Oslo opened a bridge.")
    assert kinds(archive.sync(url)) == {"added": 1}
    (article,) = archive.articles()
    assert article.url == url and "bridge" in article.text
    server.asked.clear()
    assert kinds(archive.sync(url)) == {"unchanged": 1}
    assert [tag != "" for path, tag in server.asked if path == "/a"] == [True], "the fetch was conditional"


def test_without_a_tag_the_content_tells(archive: Archive, server: Server) -> None:
    server.tags = False
    url = server.page("/a", "The mayor of Oslo opened a bridge.")
    archive.sync(url)
    report = archive.sync(url)
    assert kinds(report) == {"unchanged": 1} and not report.passages and not report.problems


def test_a_changed_page_keeps_what_it_said_before(archive: Archive, server: Server) -> None:
    url = server.page("/a", "The mayor of Oslo opened a bridge.")
    archive.sync(url)
    (old,) = archive.articles()
    server.page("/a", "Nothing of that happened.")
    assert kinds(archive.sync(url)) == {"changed": 1}
    (new,) = archive.articles()
    assert [v.article for v in archive.versions(new.id)] == [new, old]


@pytest.mark.parametrize(("status", "says"), [(500, "500"), (404, "it is gone; "), (410, "it is gone; ")])
def test_what_was_read_stays_when_the_address_fails(
    archive: Archive, server: Server, status: int, says: str
) -> None:
    url = server.page("/a", "The mayor of Oslo opened a bridge.")
    archive.sync(url)
    server.page("/a", "Sorry", status=status)
    report = archive.sync(url)
    assert kinds(report) == {"unchanged": 1} and len(archive.articles()) == 1
    (problem,) = report.problems
    assert problem.source == url and says in problem.reason and "its article stays" in problem.reason
    assert problem.reason.count(url) == 0 and "\n" not in problem.reason
    server.page("/a", "The mayor of Oslo opened a bridge.")
    assert not archive.sync(url).problems


def test_an_address_that_never_worked_is_a_problem_and_the_rest_goes_on(
    archive: Archive, server: Server, tmp_path: Path
) -> None:
    (tmp_path / "a.txt").write_text("A file is read.")
    report = archive.sync(server.url + "/none", server.page("/b", "A page is read."), tmp_path / "a.txt")
    assert kinds(report) == {"added": 2}
    (problem,) = report.problems
    assert "404" in problem.reason and "stay" not in problem.reason


def test_a_page_that_says_nothing_any_more_takes_nothing_away(archive: Archive, server: Server) -> None:
    url = server.page("/a", "The mayor of Oslo opened a bridge.")
    archive.sync(url)
    server.page("/a", " ")
    report = archive.sync(url)
    assert kinds(report) == {"unchanged": 1} and report.problems and len(archive.articles()) == 1
    assert archive.sync(url).problems == report.problems


def test_entries_that_leave_a_feed_stay(archive: Archive, server: Server) -> None:
    url = server.feed("/feed", ("a", "Rain fell on Oslo."), ("b", "Snow fell on Bergen."))
    assert kinds(archive.sync(url)) == {"added": 2}
    server.feed("/feed", ("b", "Snow fell on all of Bergen."), ("c", "The sun shone on Tromso."))
    assert kinds(archive.sync(url)) == {"added": 1, "changed": 1, "unchanged": 1}
    assert sorted(a.title for a in archive.articles()) == ["a", "b", "c"]
    assert archive.status().versions == 1
    server.feed("/feed")
    report = archive.sync(url)
    assert kinds(report) == {"unchanged": 3} and report.problems
    assert archive.check().ok


def test_a_table_on_the_web_is_what_it_says_now(archive: Archive, server: Server) -> None:
    url = server.page(
        "/t", '{"id": "1", "text": "One."}\n{"id": "2", "text": "Two."}\n', "application/x-ndjson"
    )
    assert kinds(archive.sync(url)) == {"added": 2}
    server.page("/t", '{"id": "2", "text": "Two."}\n', "application/x-ndjson")
    assert kinds(archive.sync(url)) == {"removed": 1, "unchanged": 1}


def test_folders_and_addresses_do_not_forget_each_other(
    archive: Archive, server: Server, tmp_path: Path
) -> None:
    news = tmp_path / "news"
    news.mkdir()
    (news / "a.txt").write_text("A file is read.")
    site, page = server.page("/", "The front page."), server.page("/below", "A page below it.")
    assert kinds(archive.sync(news, site, page)) == {"added": 3}
    server.asked.clear()
    assert kinds(archive.sync(news)) == {"unchanged": 1}
    assert kinds(archive.sync(tmp_path / "news" / "a.txt")) == {"unchanged": 1}
    assert server.asked == [], "nothing is fetched but what was named now"
    assert kinds(archive.sync(site)) == {"unchanged": 1}
    assert len(archive.articles()) == 3


def test_the_same_story_in_two_feeds_is_one_article_also_when_revised(
    archive: Archive, server: Server
) -> None:
    feeds = [server.feed(path, ("a", "Rain fell on Oslo.")) for path in ("/world", "/front")]
    assert kinds(archive.sync(*feeds)) == {"added": 1}
    for path in ("/world", "/front"):
        server.feed(path, ("a", "Rain fell on Oslo, then hail."))
    report = archive.sync(*feeds)
    assert kinds(report) == {"changed": 1} and not report.problems and len(archive.articles()) == 1


def test_user_and_password_are_sent_and_not_stored(archive: Archive, server: Server) -> None:
    url = server.page("/a", "The mayor of Oslo opened a bridge.")
    archive.sync(url.replace("http://", "http://ann:s3cret@"))
    assert archive.articles()[0].url == url
    assert all(b"s3cret" not in path.read_bytes() for path in archive.path.rglob("*") if path.is_file())
    assert kinds(archive.sync(url, Path(url))) == {"unchanged": 1}, "a Path loses a slash"


def test_a_malformed_address_stops_before_any_work(archive: Archive, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("A file is read.")
    with pytest.raises(FetchFailed, match="https://host/path"):
        archive.sync(tmp_path / "a.txt", "https://bad host/")
    assert archive.articles() == []
