"""Archive: what a user of the library sees, over the fake encoder."""

from __future__ import annotations

import datetime as dt
import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import index
from index import Archive, Article, DateRange, Progress
from index.dense import RULES
from index.derived import writer_lock
from index.encoder import Vectors
from index.errors import (
    ArchiveDamaged,
    ArchiveEmpty,
    ArchiveError,
    ArchiveLocked,
    ArchiveMismatch,
    ArchiveNotFound,
    ArticleNotFound,
    BadInput,
    BadQuestion,
    SourceNotFound,
)
from index.folders import opened, seal
from index.intake import Intake
from index.publications import Mark
from tests.fakes import FakeEncoder

NEWS = {
    "platform": ("2023-09-11", "Ukraine recaptured an oil and gas platform in the Black Sea."),
    "elections": ("2023-09-12", "Moscow claimed victory in elections in the annexed territories."),
    "summit": ("2023-10-01", "The European leaders met in Granada to speak about migration."),
}


@pytest.fixture
def encoder() -> FakeEncoder:
    return FakeEncoder()


@pytest.fixture
def archive(tmp_path: Path, encoder: FakeEncoder) -> Iterator[Archive]:
    with Archive.open(tmp_path / "desk", encoder=encoder) as opened:
        yield opened


@pytest.fixture
def news(tmp_path: Path) -> Path:
    folder = tmp_path / "news"
    folder.mkdir()
    for name, (date, text) in NEWS.items():
        (folder / f"{name}.txt").write_text(f" date {date} {text}\n", "utf-8")
    return folder


def found(archive: Archive, query: str, **more: object) -> list[str]:
    return [hit.passage.text for hit in archive.search(query, **more)]  # type: ignore[arg-type]


def counts(report: index.SyncReport) -> tuple[int, int, int, int]:
    return report.added, report.changed, report.removed, report.unchanged


# --- the user's own article ---------------------------------------------------------------------


def test_the_seed_article_goes_in_and_is_found_again(archive: Archive, seeds: Path) -> None:
    report = archive.sync(seeds)
    assert counts(report) == (1, 0, 0, 0) and report.passages == 7 and not report.problems
    hit = archive.search("Which platform in the Black Sea was recaptured?", k=1)[0]
    article = archive.article(hit.passage.article_id)
    assert hit.passage.text.startswith("In a separate development, Ukraine announced")
    assert article.text[hit.passage.start : hit.passage.end] == hit.passage.text
    assert article.text == next(seeds.glob("*.txt")).read_bytes().decode()
    assert hit.date == article.date == archive.newest() == dt.date(2023, 11, 8)
    assert article.title.startswith("Russian President Vladimir Putin")


def test_a_second_sync_does_no_work(archive: Archive, seeds: Path, encoder: FakeEncoder) -> None:
    archive.sync(seeds)
    before, fingerprint = list(encoder.encoded), archive.fingerprint
    report = archive.sync(str(seeds))
    assert counts(report) == (0, 0, 0, 1) and report.passages == 0
    assert encoder.encoded == before and archive.fingerprint == fingerprint


def test_a_second_sync_loads_no_model(tmp_path: Path, news: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("index.archive.load_encoder", lambda model: FakeEncoder())
    with Archive.open(tmp_path / "desk") as archive:
        archive.sync(news)

    def fail(model: str) -> FakeEncoder:
        raise AssertionError("the model was loaded")

    monkeypatch.setattr("index.archive.load_encoder", fail)
    with Archive.open(tmp_path / "desk") as archive:
        assert counts(archive.sync(news)) == (0, 0, 0, 3)
        assert archive.status().articles == 3 and archive.passages(archive.articles()[0].id)
        (news / "summit.txt").unlink()
        assert counts(archive.sync(news)) == (0, 0, 1, 2)


# --- files change -------------------------------------------------------------------------------


def test_a_changed_file_replaces_its_article(archive: Archive, news: Path, encoder: FakeEncoder) -> None:
    archive.sync(news)
    encoder.encoded.clear()
    (news / "summit.txt").write_text(" date 2023-10-01 The leaders went home to sleep.", "utf-8")
    assert counts(archive.sync(news)) == (0, 1, 0, 2)
    assert encoder.encoded == ["The leaders went home to sleep."]
    assert not any("Granada" in text for text in found(archive, "Granada migration"))
    assert "The leaders went home to sleep." in found(archive, "leaders home")
    assert len(archive.articles()) == 3 and archive.check().ok


def test_a_touched_file_is_unchanged(archive: Archive, news: Path, encoder: FakeEncoder) -> None:
    archive.sync(news)
    encoder.encoded.clear()
    os.utime(news / "summit.txt", ns=(1, 1))
    assert counts(archive.sync(news)) == (0, 0, 0, 3) and not encoder.encoded
    assert counts(archive.sync(news)) == (0, 0, 0, 3)


def test_a_removed_file_removes_its_article(archive: Archive, news: Path) -> None:
    archive.sync(news)
    (news / "platform.txt").unlink()
    assert counts(archive.sync(news)) == (0, 0, 1, 2)
    assert not any("platform" in text for text in found(archive, "oil platform"))
    assert archive.check().ok


def test_a_renamed_file_keeps_its_article(archive: Archive, news: Path, encoder: FakeEncoder) -> None:
    archive.sync(news)
    encoder.encoded.clear()
    (news / "platform.txt").rename(news / "zebra.txt")
    report = archive.sync(news)
    assert counts(report) == (0, 0, 0, 2) and report.moved == 1 and not encoder.encoded
    (news / "zebra.txt").unlink()
    assert counts(archive.sync(news)) == (0, 0, 1, 2)


def test_the_same_article_in_two_files_is_stored_once(archive: Archive, news: Path) -> None:
    (news / "copy.txt").write_bytes((news / "platform.txt").read_bytes())
    assert counts(archive.sync(news)) == (3, 0, 0, 0)
    (news / "platform.txt").unlink()
    assert counts(archive.sync(news)) == (0, 0, 0, 3)
    (news / "copy.txt").unlink()
    assert counts(archive.sync(news)) == (0, 0, 1, 2)


def test_several_folders_are_independent(archive: Archive, news: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "a.txt").write_text("Rain fell in Bergen all week.", "utf-8")
    assert counts(archive.sync(news, other)) == (4, 0, 0, 0)
    (other / "a.txt").unlink()
    assert counts(archive.sync(news)) == (0, 0, 0, 3)
    assert len(archive.articles()) == 4
    assert counts(archive.sync(other)) == (0, 0, 1, 0)
    assert len(archive.articles()) == 3


def test_one_folder_by_any_name_is_one_folder(
    archive: Archive, news: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive.sync(news)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "link").symlink_to(news)
    assert counts(archive.sync("news", "./news/../news/", news, "link")) == (0, 0, 0, 3)
    assert counts(archive.sync("news/platform.txt")) == (0, 0, 0, 1)
    assert counts(archive.sync(tmp_path)) == (0, 0, 0, 3)


def test_a_line_of_jsonl_changes_alone(archive: Archive, tmp_path: Path, encoder: FakeEncoder) -> None:
    wire = tmp_path / "wire.jsonl"
    lines = [json.dumps({"id": str(n), "text": f"Story number {n} is told."}) for n in range(5)]
    wire.write_text("\n".join(lines), "utf-8")
    assert counts(archive.sync(wire)) == (5, 0, 0, 0)
    encoder.encoded.clear()
    lines[2] = '{"id": "2", "text": "Corrected words."}'
    wire.write_text("\n".join(lines[:4]), "utf-8")
    assert counts(archive.sync(wire)) == (0, 1, 1, 3)
    assert encoder.encoded == ["Corrected words."]
    assert archive.article("2").text == "Corrected words."
    with pytest.raises(ArticleNotFound, match="'4'"):
        archive.article("4")


def test_an_id_in_two_files_loses_neither_article(archive: Archive, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "a.jsonl").write_text('{"id": "x", "text": "First of its name."}', "utf-8")
    (folder / "b.jsonl").write_text('{"id": "x", "text": "Second of that name."}', "utf-8")
    report = archive.sync(folder)
    assert report.added == 2 and len(archive.articles()) == 2
    (problem,) = report.problems
    assert problem.source.endswith("b.jsonl") and "'x'" in problem.reason and "a.jsonl" in problem.reason
    (folder / "a.jsonl").write_text('{"id": "y", "text": "First of another name."}', "utf-8")
    (folder / "b.jsonl").write_text('{"id": "x", "text": "Second, now alone."}', "utf-8")
    assert not archive.sync(folder).problems
    assert {a.text for a in archive.articles()} == {"First of another name.", "Second, now alone."}


def test_an_id_may_move_to_another_file_in_one_sync(archive: Archive, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "b.jsonl").write_text('{"id": "x", "text": "Old words."}', "utf-8")
    archive.sync(folder)
    (folder / "b.jsonl").rename(folder / "away.bak")
    (folder / "a.jsonl").write_text('{"id": "x", "text": "New words."}', "utf-8")
    report = archive.sync(folder)
    assert [p.reason for p in report.problems if "id" in p.reason.split()] == []
    assert archive.article("x").text == "New words." and len(archive.articles()) == 1


def test_what_was_wrong_is_said_again_and_the_rest_goes_on(archive: Archive, news: Path) -> None:
    (news / "broken.jsonl").write_text('{"text": "Fine."}\n{"text": \n{"text": "Also fine."}\n', "utf-8")
    (news / "junk.txt").write_bytes(b"\x00\x01\x02")
    (news / "photo.jpg").write_bytes(b"\xff\xd8")
    first, second = archive.sync(news), archive.sync(news)
    assert first.added == 5 and second.unchanged == 5
    assert sorted(p.source for p in first.problems) == sorted(
        [f"{news}/broken.jsonl:2", f"{news}/junk.txt", str(news)]
    )
    assert set(second.problems) == set(first.problems)
    assert all("\n" not in p.reason for p in first.problems)


def test_an_unreadable_file_keeps_what_was_read_before(
    archive: Archive, news: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive.sync(news)
    (news / "summit.txt").write_text("Changed, but not to be read.", "utf-8")

    def refuse(path: Path) -> str:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("index.sync._digest", refuse)
    report = archive.sync(news)
    (problem,) = report.problems
    assert problem.source.endswith("summit.txt") and "Permission denied" in problem.reason
    assert counts(report) == (0, 0, 0, 3)
    monkeypatch.undo()
    assert counts(archive.sync(news)) == (0, 1, 0, 2)


def test_a_missing_path_stops_before_any_work(archive: Archive, news: Path, tmp_path: Path) -> None:
    with pytest.raises(SourceNotFound, match="nowhere"):
        archive.sync(news, tmp_path / "nowhere")
    assert archive.articles() == []
    with pytest.raises(BadInput, match="https://host/path"):
        archive.sync(news, "https:///")
    assert archive.articles() == []


# --- articles given directly --------------------------------------------------------------------


def test_added_articles_are_replaced_by_id(archive: Archive, encoder: FakeEncoder) -> None:
    first = Article(text="Snow fell on Oslo.", id="a", date="2024-01-01")  # type: ignore[arg-type]
    assert counts(archive.add([first])) == (1, 0, 0, 0)
    encoder.encoded.clear()
    assert counts(archive.add([first])) == (0, 0, 0, 1) and not encoder.encoded
    assert counts(archive.add([Article(text="Rain fell on Oslo.", id="a")])) == (0, 1, 0, 0)
    assert archive.article("a").text == "Rain fell on Oslo." and found(archive, "snow") == [
        "Rain fell on Oslo."
    ]


def test_a_later_article_of_the_same_call_wins(archive: Archive) -> None:
    archive.add([Article(text="One.", id="a"), Article(text="Two.", id="b"), Article(text="Three.", id="a")])
    assert archive.article("a").text == "Three." and len(archive.articles()) == 2


@pytest.mark.parametrize(
    ("article", "word"),
    [
        (Article(text="half \ud800 a pair", id="bad"), "surrogate"),
        (Article(text="fine", id="bad", title="\udfff"), "surrogate"),
        (Article(text=" \n ", id="bad"), "no text"),
        (Article(text="header", id="bad", body_start=6), "no text"),
        (Article(text="short", id="bad", body_start=99), "body_start"),
    ],
)
def test_an_article_that_cannot_be_stored_is_reported(archive: Archive, article: Article, word: str) -> None:
    report = archive.add([article, Article(text="Good.", id="good")])
    (problem,) = report.problems
    assert problem.source == "bad" and word in problem.reason and report.added == 1


def test_removed_articles_are_gone_until_their_file_changes(archive: Archive, news: Path) -> None:
    archive.sync(news)
    gone = archive.search("platform", k=1)[0].passage.article_id
    assert archive.remove([gone, "unknown"]) == 1
    assert not any("platform" in text for text in found(archive, "oil platform"))
    assert counts(archive.sync(news)) == (0, 0, 0, 2) and archive.check().ok
    (news / "platform.txt").write_text("The platform is back.", "utf-8")
    assert archive.sync(news).added == 1


def test_a_file_never_takes_away_what_was_added_directly(archive: Archive, news: Path) -> None:
    archive.sync(news)
    archive.add(archive.articles())
    for file in news.iterdir():
        file.unlink()
    assert archive.sync(news).removed == 0 and len(archive.articles()) == 3


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=80), st.text(max_size=5))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_comes_back_to_the_letter(archive: Archive, text: str, other: str) -> None:
    report = archive.add([Article(text=text, id="x")])
    if report.problems:
        assert not text.strip()
        return
    assert archive.article("x").text == text
    assert all(text[p.start : p.end] == p.text for p in archive.passages("x"))
    archive.search(text + other + "!", k=3)


# --- search -------------------------------------------------------------------------------------


def test_every_hit_has_both_scores_and_they_fall(archive: Archive, news: Path) -> None:
    archive.sync(news)
    hits = archive.search("elections in Moscow", k=3)
    assert hits[0].passage.text == NEWS["elections"][1]
    assert [h.score for h in hits] == sorted((h.score for h in hits), reverse=True)
    assert hits[0].dense > hits[1].dense and hits[0].lexical > 0 == hits[-1].lexical
    assert all(-1 <= h.dense <= 1.001 for h in hits)
    assert [h.passage.id for h in archive.search("elections in Moscow", k=1)] == [hits[0].passage.id]


def test_a_word_found_by_bm25_alone_has_its_cosine(archive: Archive) -> None:
    archive.add([Article(text=f"Filler words number {n} of no interest.") for n in range(150)])
    archive.add([Article(text="Zaporizhzhia " + "unlike anything else " * 5, id="z")])
    hit = archive.search("filler words Zaporizhzhia", k=200)
    z = next(h for h in hit if h.passage.article_id == "z")
    assert z.lexical > 0 and z.dense > 0.05


@pytest.mark.parametrize(
    ("query", "expected"),
    [("recapturing platforms", "platform"), ("ELECTION", "elections"), ("migrations?", "summit")],
)
def test_words_match_by_their_stem(archive: Archive, news: Path, query: str, expected: str) -> None:
    archive.sync(news)
    best = max(archive.search(query, k=3), key=lambda h: h.lexical)
    assert best.lexical > 0 and best.passage.text == NEWS[expected][1]


def test_acronyms_and_figures_match_however_written(archive: Archive) -> None:
    archive.add(
        [Article(text="The U.S. sent 1,500 tanks.", id="us"), Article(text="Nobody came to tea.", id="tea")]
    )
    assert archive.search("US aid", k=1)[0].lexical > 0
    assert archive.search("1500", k=1)[0].passage.article_id == "us"
    assert archive.search("tell us about tea", k=1)[0].passage.article_id == "tea"
    assert {h.passage.article_id: h.lexical for h in archive.search("tell us about tea")}["us"] == 0


@pytest.mark.parametrize(
    "query",
    [
        '"',
        "AND",
        "a AND",
        "title:x",
        "(((",
        "body:[1 TO 2]",
        "*",
        "+-!^~",
        "who",
        "\\",
        "\x00",
        "\ud800",
        "x" * 100_000,
        "the of and",
        "🙂",
        "東京",
        "a " * 5_000,
    ],
)
def test_any_text_is_a_query(archive: Archive, news: Path, query: str) -> None:
    archive.sync(news)
    assert len(archive.search(query)) == 3


def test_a_range_of_days_is_kept(archive: Archive, news: Path) -> None:
    archive.sync(news)
    archive.add([Article(text="Undated words on a platform.", id="undated")])
    september = DateRange(dt.date(2023, 9, 1), dt.date(2023, 9, 30))
    assert {h.date for h in archive.search("platform", published=september)} == {
        dt.date(2023, 9, 11),
        dt.date(2023, 9, 12),
    }
    assert found(archive, "platform", published=DateRange(since=dt.date(2023, 10, 1))) == [NEWS["summit"][1]]
    assert found(archive, "platform", published=DateRange(until=dt.date(2023, 9, 11))) == [
        NEWS["platform"][1]
    ]
    assert found(archive, "platform", published=DateRange(since=dt.date(2030, 1, 1))) == []
    assert len(archive.search("platform")) == 4


def test_nothing_to_search_and_nothing_to_search_for(archive: Archive, news: Path) -> None:
    with pytest.raises(ArchiveEmpty, match="citedesk index"):
        archive.search("anything")
    archive.sync(news)
    for query, k in [("", 5), (" \n", 5), ("x", 0)]:
        with pytest.raises(BadQuestion):
            archive.search(query, k=k)


# --- several at once ----------------------------------------------------------------------------


def test_another_writer_is_refused_and_readers_go_on(
    archive: Archive, news: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive.sync(news)
    monkeypatch.setattr("index.filling.WAIT_S", 0.0)
    with writer_lock(archive.path):
        with pytest.raises(ArchiveLocked, match="another process"):
            archive.add([Article(text="Too early.")])
        assert len(archive.search("platform")) == 3
        with Archive.open(archive.path, encoder=FakeEncoder()) as reader:
            assert len(reader.search("platform")) == 3
    assert archive.add([Article(text="Now.")]).added == 1


def test_a_reader_without_indexes_serves_while_another_writes(archive: Archive, news: Path) -> None:
    archive.sync(news)
    shutil.rmtree(next(archive.path.glob("lexical-*")))
    with writer_lock(archive.path), Archive.open(archive.path, encoder=FakeEncoder()) as reader:
        assert found(reader, "oil platform", k=1) == [NEWS["platform"][1]]
    assert not list(archive.path.glob("lexical-*"))


def test_a_reader_notices_what_another_wrote(archive: Archive, news: Path) -> None:
    archive.sync(news)
    with Archive.open(archive.path, encoder=FakeEncoder()) as reader:
        assert len(reader.search("platform")) == 3
        archive.add([Article(text="A second platform was taken.", id="new")])
        assert len(reader.search("platform")) == 4
        archive.remove(["new"])
        assert len(reader.search("platform")) == 3
        assert reader.fingerprint == archive.fingerprint


def test_a_snapshot_sees_one_state_while_another_writes(archive: Archive, news: Path) -> None:
    archive.sync(news)
    with Archive.open(archive.path, encoder=FakeEncoder()) as reader:
        with reader.snapshot():
            hits = reader.search("platform")
            archive.remove([hits[0].passage.article_id])
            archive.add([Article(text="A second platform was taken.", id="new")])
            again = reader.search("platform")
            assert [hit.passage.id for hit in again] == [hit.passage.id for hit in hits]
            assert reader.article(hits[0].passage.article_id).text
        assert "new" in [hit.passage.article_id for hit in reader.search("platform")]
        with pytest.raises(ArticleNotFound):
            reader.article(hits[0].passage.article_id)


def test_threads_search_and_hold_snapshots_at_once(archive: Archive, news: Path) -> None:
    archive.sync(news)

    def search() -> int:
        with archive.snapshot():
            return len(archive.search("platform in the sea"))

    with ThreadPoolExecutor(4) as pool:
        jobs = [pool.submit(search if n % 2 else lambda: len(archive.search("platform"))) for n in range(60)]
        assert {job.result(timeout=60) for job in jobs} == {3}


def test_threads_search_while_another_adds(archive: Archive, news: Path) -> None:
    archive.sync(news)
    failures: list[BaseException] = []
    stop = threading.Event()

    def search() -> None:
        try:
            while not stop.is_set():
                hits = archive.search("platform in the sea", k=50)
                assert len(hits) >= 3
                assert all(h.passage.text for h in hits)
        except BaseException as error:  # noqa: BLE001 - carried to the main thread
            failures.append(error)

    threads = [threading.Thread(target=search) for _ in range(4)]
    for thread in threads:
        thread.start()
    for n in range(8):
        archive.add([Article(text=f"Wave {n} reached the platform.", id=str(n))])
    archive.remove(["0"])
    stop.set()
    for thread in threads:
        thread.join(30)
    assert not failures and len(archive.search("wave", k=50)) == 10 and archive.check().ok


# --- interruptions and damage -------------------------------------------------------------------


def write_stories(path: Path, number: int) -> None:
    lines = [json.dumps({"text": f"Story number {n} is told."}) for n in range(number)]
    path.write_text("\n".join(lines), "utf-8")


class Interrupted(FakeEncoder):
    """Ctrl-C after some batches."""

    def __init__(self, after: int) -> None:
        super().__init__()
        self.left = after

    def encode(self, texts: Sequence[str]) -> Vectors:
        if not self.left:
            raise KeyboardInterrupt
        self.left -= 1
        return super().encode(texts)


def test_interrupted_work_is_kept_and_continued(tmp_path: Path) -> None:
    wire = tmp_path / "wire.jsonl"
    write_stories(wire, 900)
    with Archive.open(tmp_path / "desk", encoder=Interrupted(2)) as archive, pytest.raises(KeyboardInterrupt):
        archive.sync(wire)
    encoder = FakeEncoder()
    with Archive.open(tmp_path / "desk", encoder=encoder) as archive:
        assert archive.check().ok
        assert found(archive, "story number 3", k=1) == ["Story number 3 is told."]
        encoder.encoded.clear()
        report = archive.sync(wire)
        assert report.passages == len(encoder.encoded) == 900 - 512
        assert archive.check().ok and len(archive.search("story", k=1000)) == 900


def test_reading_cut_short_is_taken_up_again(
    archive: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wire = tmp_path / "wire.jsonl"
    write_stories(wire, 600)
    real, calls = Intake.put, []

    def put(self: Intake, *args: Any) -> None:
        calls.append(1)
        if len(calls) == 500:
            raise KeyboardInterrupt
        real(self, *args)

    with monkeypatch.context() as patched:
        patched.setattr(Intake, "put", put)
        with pytest.raises(KeyboardInterrupt):
            archive.sync(wire)
    assert 0 < len(archive.articles()) < 600
    report = archive.sync(wire)
    assert report.total == 600 and archive.check().ok
    wire.write_text('{"text": "Only one."}', "utf-8")
    archive.sync(wire)
    assert [a.text for a in archive.articles()] == ["Only one."]


def damage(path: Path, how: str) -> None:
    data = path.read_bytes()
    if how == "missing":
        path.unlink()
    else:
        path.write_bytes({"empty": b"", "cut": data[: len(data) // 2], "zeros": bytes(len(data))}[how])


@pytest.mark.parametrize("how", ["missing", "empty", "cut", "zeros"])
@pytest.mark.parametrize(
    "what",
    ["dense-*/*[!n]", "dense-*/stamp.json", "lexical-*/stamp.json", "lexical-*/meta.json", "lexical-*/*.idx"],
)
def test_damaged_indexes_are_made_again_without_encoding(
    archive: Archive, news: Path, what: str, how: str
) -> None:
    archive.sync(news)
    damage(next(archive.path.glob(what)), how)
    encoder = FakeEncoder()
    with Archive.open(archive.path, encoder=encoder) as opened:
        assert found(opened, "oil platform", k=1) == [NEWS["platform"][1]]
        assert encoder.encoded == ["oil platform"] and opened.check().ok
    with Archive.open(archive.path, encoder=encoder) as opened:
        assert opened.check().ok


def test_indexes_whole_but_of_another_release_are_made_again(archive: Archive, news: Path) -> None:
    archive.sync(news)
    (folder,) = archive.path.glob("dense-*")
    (folder / "vectors.faiss").write_bytes(b"written by another release")
    stamp = opened(folder, RULES)
    assert stamp is None
    seal(folder, Mark(3, 0), RULES, size=3)
    with Archive.open(archive.path, encoder=FakeEncoder()) as reader:
        assert len(reader.search("platform")) == 3
    with writer_lock(archive.path), Archive.open(archive.path, encoder=FakeEncoder()) as reader:
        assert len(reader.search("platform")) == 3 and len(list(archive.path.glob("dense-*"))) == 1


def test_indexes_of_an_older_catalogue_are_made_again(archive: Archive, news: Path) -> None:
    archive.sync(news)
    archive.close()
    backup = (archive.path / "catalogue.sqlite").read_bytes()
    with Archive.open(archive.path, encoder=FakeEncoder()) as later:
        later.add([Article(text="A later platform.", id="later")])
        later.add([Article(text="A last platform.", id="last")])
        later.remove(["last"])
    (archive.path / "catalogue.sqlite").write_bytes(backup)
    with Archive.open(archive.path, encoder=FakeEncoder()) as opened:
        assert len(opened.search("platform")) == 3 and opened.check().ok


def test_a_full_disk_is_told_and_loses_no_article(
    archive: Archive, news: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive.add([Article(text="Before the disk was full.", id="before")])

    def full(*_: object) -> None:
        raise RuntimeError("Error in fwrite:\n No space left on device")

    monkeypatch.setattr("index.lexical.Lexical.write", full)
    with pytest.raises(ArchiveError, match=r"No space left.*before is safe") as caught:
        archive.sync(news)
    assert "\n" not in str(caught.value)
    monkeypatch.undo()
    assert counts(archive.sync(news)) == (3, 0, 0, 0)
    assert len(archive.search("platform")) == 4 and archive.check().ok


@pytest.mark.parametrize(
    "content", [b"", b"this is no database at all " * 400, b"SQLite format 3\x00" + b"\xff" * 9000]
)
def test_a_broken_catalogue_is_told_in_one_line(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "catalogue.sqlite").write_bytes(content)
    (tmp_path / "lexical").mkdir()
    with pytest.raises(ArchiveDamaged, match="index your articles again") as caught:
        Archive.open(tmp_path, encoder=FakeEncoder())
    assert "\n" not in str(caught.value)


def test_a_page_lost_in_the_middle_is_told_not_shown_as_a_traceback(archive: Archive, news: Path) -> None:
    archive.sync(news)
    archive.close()
    path = archive.path / "catalogue.sqlite"
    data = bytearray(path.read_bytes())
    data[4096:] = b"\xee" * (len(data) - 4096)
    path.write_bytes(data)
    with pytest.raises(ArchiveError), Archive.open(archive.path, encoder=FakeEncoder()) as opened:
        opened.articles()
        opened.search("platform")


def test_a_lost_catalogue_is_not_replaced_by_an_empty_one(archive: Archive, news: Path) -> None:
    archive.sync(news)
    archive.close()
    (archive.path / "catalogue.sqlite").unlink()
    with pytest.raises(ArchiveDamaged, match="missing"):
        Archive.open(archive.path, encoder=FakeEncoder())


def test_an_archive_whose_making_was_cut_short_is_made(tmp_path: Path) -> None:
    (tmp_path / "catalogue.sqlite").touch()
    with Archive.open(tmp_path, encoder=FakeEncoder()) as opened:
        assert opened.add([Article(text="First.")]).added == 1


def test_opening_what_is_not_there(tmp_path: Path, news: Path) -> None:
    with pytest.raises(ArchiveNotFound, match="citedesk index"):
        Archive.open(tmp_path / "none", create=False)
    assert not (tmp_path / "none").exists()
    with pytest.raises(ArchiveNotFound, match="is a file"):
        Archive.open(news / "summit.txt")
    with pytest.raises(ArchiveNotFound, match="other files"):
        Archive.open(news)


def test_a_closed_archive_says_so(archive: Archive, news: Path) -> None:
    archive.sync(news)
    archive.close()
    archive.close()
    with pytest.raises(ArchiveError, match="closed"):
        archive.articles()


# --- other models and versions ------------------------------------------------------------------


def test_another_model_is_refused(archive: Archive, news: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive.sync(news)
    with pytest.raises(ArchiveMismatch, match=r"fake-64.*other-64.*--migrate"):
        Archive.open(archive.path, encoder=FakeEncoder("other-64"))
    with pytest.raises(ArchiveMismatch, match="fake-64"):
        Archive.open(archive.path)


def test_the_same_name_with_other_weights_is_refused_before_it_is_used(
    tmp_path: Path, news: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("index.archive.load_encoder", lambda model: FakeEncoder("weights-1"))
    with Archive.open(tmp_path / "desk") as archive:
        archive.sync(news)
    monkeypatch.setattr("index.archive.load_encoder", lambda model: FakeEncoder("weights-2"))
    with Archive.open(tmp_path / "desk") as archive:
        assert archive.status().articles == 3
        with pytest.raises(ArchiveMismatch, match="weights-1"):
            archive.search("platform")
        (news / "summit.txt").write_text("Changed.", "utf-8")
        with pytest.raises(ArchiveMismatch, match="weights-2"):
            archive.sync(news)
        assert len(archive.articles()) == 3


@pytest.mark.parametrize("key", ["schema", "chunking"])
def test_another_version_is_refused(archive: Archive, news: Path, key: str) -> None:
    archive.sync(news)
    archive._catalogue.set(key, "999")
    with pytest.raises(ArchiveMismatch, match=f"{key} version 999.*later citedesk"):
        Archive.open(archive.path, encoder=FakeEncoder())


def test_the_fingerprint_names_the_content_not_the_way_there(tmp_path: Path, news: Path) -> None:
    with Archive.open(tmp_path / "a", encoder=FakeEncoder()) as one:
        one.sync(news)
        with Archive.open(tmp_path / "b", encoder=FakeEncoder()) as two:
            two.add([Article(text="Passing.", id="p")])
            assert two.fingerprint != one.fingerprint
            two.add(reversed(one.articles()))
            two.remove(["p"])
            assert two.fingerprint == one.fingerprint


# --- status, check, progress --------------------------------------------------------------------


def test_status_says_what_is_there(archive: Archive, news: Path) -> None:
    archive.sync(news)
    archive.add([Article(text="No date here.")])
    status = archive.status()
    assert (status.articles, status.passages, status.undated) == (4, 4, 1)
    assert (status.oldest, status.newest) == (dt.date(2023, 9, 11), dt.date(2023, 10, 1))
    assert status.model == "fake-64" and status.bytes_on_disk > 10_000 and "FAISS" in status.vector_index
    assert [a.date for a in archive.articles()][-1] is None
    assert archive.articles()[0].date == status.newest


@pytest.mark.parametrize(
    ("sql", "name"),
    [
        ("UPDATE articles SET text = text || '!'", "articles"),
        ("UPDATE passages SET start = start + 1", "passages"),
        ("DELETE FROM passages WHERE n = 2", "passages"),
        ("DELETE FROM vectors WHERE rowid = 1", "vectors"),
        ("UPDATE vectors SET vector = (SELECT vector FROM vectors WHERE rowid = 1)", "vectors"),
    ],
)
def test_check_finds_what_does_not_agree(archive: Archive, news: Path, sql: str, name: str) -> None:
    archive.sync(news)
    assert archive.check().ok
    archive._catalogue.rows(sql)
    report = archive.check()
    wrong = [check for check in report.checks if not check.ok]
    assert not report.ok and name in [check.name for check in wrong]
    assert all("index" in check.detail for check in wrong)


def test_progress_counts_up_to_its_total_in_every_stage(archive: Archive, news: Path) -> None:
    seen: list[Progress] = []
    archive.sync(news, progress=seen.append)
    assert list(dict.fromkeys(p.stage for p in seen)) == ["reading", "indexing"]
    assert seen[-1].passages == 3
    for stage in ("reading", "indexing"):
        steps = [p for p in seen if p.stage == stage]
        assert steps[-1].done == steps[-1].total > 0
        assert [p.done for p in steps] == sorted(p.done for p in steps)


# --- what it costs ------------------------------------------------------------------------------


def run(code: str, cwd: Path) -> list[str]:
    root = Path(__file__).resolve().parent.parent
    env = {**os.environ, "PYTHONPATH": str(root)}
    done = subprocess.run(
        [sys.executable, "-c", code], env=env, cwd=cwd, capture_output=True, text=True, check=True
    )
    return done.stdout.split()


HEAVY = "['faiss', 'tantivy', 'onnxruntime', 'torch', 'tokenizers', 'yaml', 'sentence_transformers']"


def test_importing_the_room_loads_nothing_heavy(tmp_path: Path) -> None:
    code = f"import sys, index; print(*[m for m in [*{HEAVY}, 'numpy', 'sqlite3'] if m in sys.modules])"
    assert run(code, tmp_path) == []


def test_status_loads_neither_model_nor_indexes(tmp_path: Path) -> None:
    code = f"""
import sys, index
index.Archive.open("desk").status()
print(*[m for m in {HEAVY} if m in sys.modules])
"""
    assert run(code, tmp_path) == []


def test_everything_named_is_there() -> None:
    assert all(hasattr(index, name) for name in index.__all__)
    with pytest.raises(AttributeError, match="nonsense"):
        index.nonsense  # noqa: B018
