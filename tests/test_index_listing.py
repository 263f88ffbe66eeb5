"""Articles as a list, and files that are handed in."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from index import Archive, Article
from index.handed import Handed
from index.listing import Month, source_of
from tests.fakes import FakeEncoder


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    with Archive.open(tmp_path / "archive", encoder=FakeEncoder()) as made:
        yield made


def wire(path: Path, *texts: str, start: int = 0) -> Handed:
    lines = [json.dumps({"id": f"w{n}", "text": text}) for n, text in enumerate(texts, start)]
    path.write_text("\n".join(lines), "utf-8")
    return Handed(path.name, path)


def test_pages_are_newest_first_undated_last_and_know_words_and_sources(archive: Archive) -> None:
    days = ["2021-05-01", "2023-01-31", None, "2023-01-02"]
    archive.add(
        Article(
            text=f"One two number{n}", title=f"T{n}", date=day, id=f"a{n}", url=f"https://www.n{n}.example/x"
        )
        for n, day in enumerate(days)
    )
    assert [one.id for one in archive.listing()] == ["a1", "a3", "a0", "a2"]
    assert [one.id for one in archive.listing(limit=2, offset=1)] == ["a3", "a0"]
    (first,) = archive.listing(limit=1)
    assert (first.date, first.source, first.words, first.flagged) == (
        dt.date(2023, 1, 31),
        "n1.example",
        3,
        False,
    )
    assert archive.months() == [Month(dt.date(2021, 5, 1), 1), Month(dt.date(2023, 1, 1), 2)]
    assert [one.id for one in archive.listed(["a2", "gone", "a1"])] == ["a2", "a1"]


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("ÅRHUS", ["a"]),
        ("århus bridge", ["a"]),
        ("bridge", ["b", "a"]),
        ("100%", ["b"]),
        ("_", []),
        ("'; --", []),
    ],
)
def test_titles_are_found_by_any_of_their_words_whatever_the_case(
    archive: Archive, query: str, ids: list[str]
) -> None:
    archive.add([Article(text="x", title="A bridge for Århus", id="a", date="2023-01-01")])
    archive.add([Article(text="y", title="Bridge 100% done", id="b", date="2023-01-02")])
    assert [one.id for one in archive.listing(query)] == ids
    assert archive.count(query) == len(ids)


def test_a_source_is_a_site_or_a_file() -> None:
    assert source_of("HTTPS://WWW.Example.com:8080/a", "/x/y.html") == "example.com"
    assert source_of(None, "https://example.org/feed") == "example.org"
    assert source_of("javascript:alert(1)", "/x/y.html") == "y.html"
    assert source_of("http://[broken", "") == "direct"


def test_each_handed_file_has_its_report_and_a_bad_one_stops_no_other(
    archive: Archive, tmp_path: Path
) -> None:
    good, again = wire(tmp_path / "good.jsonl", "It rained.", "It snowed."), tmp_path / "again.txt"
    again.write_text(" date 2023-11-08 Putin has invited Kim.", "utf-8")
    broken = tmp_path / "broken.jsonl"
    broken.write_text('{"text": "Fine."}\n{no', "utf-8")
    (tmp_path / "x.exe").write_text("MZ")
    files = [
        good,
        Handed("x.exe", tmp_path / "x.exe"),
        Handed("broken.jsonl", broken),
        Handed("gone.txt", tmp_path / "gone.txt"),
        Handed("one.txt", again),
        Handed("two.txt", again),
    ]
    reports = archive.take(files)
    assert [(r.added, r.unchanged, len(r.problems)) for r in reports] == [
        (2, 0, 0),
        (0, 0, 1),
        (1, 0, 1),
        (0, 0, 1),
        (1, 0, 0),
        (0, 1, 0),
    ]
    assert [p.source for r in reports for p in r.problems] == ["x.exe", "broken.jsonl:2", "gone.txt"]
    assert not any(str(tmp_path) in p.reason for r in reports for p in r.problems)
    assert archive.check().ok


def test_what_was_handed_in_survives_every_sync_and_is_replaced_by_its_id(
    archive: Archive, tmp_path: Path
) -> None:
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    archive.take([wire(inbox / "a.jsonl", "It rained.", "It snowed.")])
    (inbox / "a.jsonl").unlink()
    (inbox / "b.txt").write_text("Something else happened.", "utf-8")
    archive.sync(tmp_path)
    assert archive.count() == 3
    (report,) = archive.take([wire(inbox / "c.jsonl", "It rained more.")])
    assert (report.added, report.changed) == (0, 1)
    assert [v.article.text for v in archive.versions("w0")] == ["It rained more.", "It rained."]
    archive.remove(["w1"])
    (report,) = archive.take([wire(inbox / "c.jsonl", "It snowed.", start=1)])
    assert report.added == 1, "what was removed can be handed in again"


def test_an_id_that_a_file_holds_is_not_taken_over(archive: Archive, tmp_path: Path) -> None:
    archive.sync(wire(tmp_path / "own.jsonl", "It rained.").path)
    (report,) = archive.take([wire(tmp_path / "their.jsonl", "It burned.")])
    assert report.added == 1 and "belongs to another article" in report.problems[0].reason
    assert report.problems[0].source == "their.jsonl"
    assert archive.article("w0").text == "It rained."
