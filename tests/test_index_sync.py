"""What a sync makes of edits, moves, copies and removals: told by content, seen as a newsroom would."""

from __future__ import annotations

import csv
import json
import os
import random
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index import Archive, SyncReport
from index.errors import ArticleNotFound, BadSetting, SourceNotFound
from index.globs import Globs
from tests.fakes import FakeEncoder

WORDS = [f"word{n}" for n in range(400)]


def story(seed: int, words: int = 120) -> str:
    """A text long enough to be told from others by its words."""
    pick = random.Random(seed)
    return " ".join(" ".join(pick.choices(WORDS, k=12)).capitalize() + "." for _ in range(words // 12))


def dated(text: str, day: str = "2024-03-01") -> str:
    return f" date {day} {text}\n"


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
    write(folder / "bridge.txt", dated("The mayor of Oslo opened a bridge on Tuesday."))
    write(folder / "storm.txt", dated("A storm closed the port of Bergen for two days."))
    return folder


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    return path


def lines(path: Path, *rows: dict[str, str]) -> Path:
    return write(path, "".join(json.dumps(row) + "\n" for row in rows))


def kinds(report: SyncReport) -> dict[str, int]:
    """What the report counts, without what is zero."""
    every = ("added", "changed", "moved", "removed", "unchanged")
    return {kind: number for kind in every if (number := getattr(report, kind))}


def texts(archive: Archive, query: str) -> list[str]:
    return [hit.passage.text for hit in archive.search(query, k=100)]


def id_of(archive: Archive, word: str) -> str:
    (found,) = [article.id for article in archive.articles() if word in article.text]
    return found


def holds(archive: Archive, word: str) -> list[str]:
    """Tables in which a word still stands."""
    with sqlite3.connect(archive.path / "catalogue.sqlite") as db:
        tables = [name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        found = [t for t in tables if any(word in str(row) for row in db.execute(f"SELECT * FROM {t}"))]
    db.close()
    return found


# --- edits --------------------------------------------------------------------------------------


def test_an_edited_article_keeps_what_it_said_before(archive: Archive, news: Path) -> None:
    archive.sync(news)
    old = archive.article(id_of(archive, "bridge"))
    quote = "opened a bridge on Tuesday."
    start = old.text.index(quote)
    write(news / "bridge.txt", dated("The mayor of Oslo opened a bridge on Wednesday, in rain."))
    assert kinds(archive.sync(news)) == {"changed": 1, "unchanged": 1}
    new = id_of(archive, "bridge")
    assert new != old.id and [v.article.id for v in archive.versions(new)] == [new, old.id]
    assert archive.versions(new)[0].superseded is None and archive.versions(new)[1].superseded
    assert archive.cited(old.id, start, start + len(quote), quote).article == old
    assert archive.article(old.id) == old
    assert not any("Tuesday" in text for text in texts(archive, "mayor Oslo bridge Tuesday"))
    assert archive.check().ok


def test_a_revert_is_an_edit_like_any_other(archive: Archive, news: Path) -> None:
    former = (news / "bridge.txt").read_text()
    archive.sync(news)
    first = id_of(archive, "bridge")
    write(news / "bridge.txt", dated("The bridge stays shut."))
    archive.sync(news)
    second = id_of(archive, "bridge")
    write(news / "bridge.txt", former)
    assert kinds(archive.sync(news)) == {"changed": 1, "unchanged": 1}
    assert id_of(archive, "bridge") == first
    assert [v.article.id for v in archive.versions(first)] == [first, second, first]
    assert archive.article(second).text.strip().endswith("shut.") and archive.check().ok
    (news / "bridge.txt").unlink()
    assert kinds(archive.sync(news)) == {"removed": 1, "unchanged": 1}
    assert holds(archive, "bridge") == []


def test_several_edits_before_the_next_sync_are_one(archive: Archive, news: Path) -> None:
    archive.sync(news)
    for day in ("Wednesday", "Thursday"):
        write(news / "bridge.txt", dated(f"The bridge opens on {day}."))
    assert kinds(archive.sync(news)) == {"changed": 1, "unchanged": 1}
    assert archive.status().versions == 1


def test_the_same_id_with_other_words_is_an_edit(archive: Archive, tmp_path: Path) -> None:
    wire = lines(tmp_path / "wire.jsonl", {"id": "a", "text": "First words."}, {"id": "b", "text": "Other."})
    archive.sync(wire)
    lines(wire, {"id": "a", "text": "Second words."}, {"id": "b", "text": "Other."})
    assert kinds(archive.sync(wire)) == {"changed": 1, "unchanged": 1}
    assert [v.article.text for v in archive.versions("a")] == ["Second words.", "First words."]
    assert archive.cited("a", 0, 5, "First").superseded


def test_ids_from_the_source_tell_articles_apart(archive: Archive, tmp_path: Path) -> None:
    wire = lines(tmp_path / "wire.jsonl", {"id": "4", "title": "Brief", "text": "The old brief."})
    archive.sync(wire)
    lines(wire, {"id": "7", "title": "Brief", "text": "The new brief."})
    assert kinds(archive.sync(wire)) == {"added": 1, "removed": 1}
    with pytest.raises(ArticleNotFound):
        archive.article("4")


@pytest.mark.parametrize("column", ["title", "date"])
def test_an_edited_row_of_a_table_is_an_edit(archive: Archive, tmp_path: Path, column: str) -> None:
    table = tmp_path / "news.csv"

    def rows(*some: tuple[str, str]) -> None:
        with table.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([(column, "text"), *some])

    first, second = {"title": ("Rain", "Snow"), "date": ("2024-01-01", "2024-01-02")}[column]
    rows((first, "It rained in Bergen."), (second, "It snowed in Oslo."))
    archive.sync(table)
    old = id_of(archive, "rained")
    rows((first, "It poured in Bergen."), (second, "It snowed in Oslo."))
    assert kinds(archive.sync(table)) == {"changed": 1, "unchanged": 1}
    assert archive.cited(old, 3, 9, "rained").superseded
    rows((second, "It snowed in Oslo."))
    assert kinds(archive.sync(table)) == {"removed": 1, "unchanged": 1}
    assert holds(archive, "rained") == holds(archive, "poured") == []


def test_a_row_that_makes_room_for_another_day_is_gone(archive: Archive, tmp_path: Path) -> None:
    table = write(
        tmp_path / "w.csv", "date,title,text\n2024-01-01,Weather,Rain fell.\n2024-01-02,Weather,Snow.\n"
    )
    archive.sync(table)
    write(table, "date,title,text\n2024-01-02,Weather,Snow.\n2024-01-03,Weather,The sun shone.\n")
    assert kinds(archive.sync(table)) == {"added": 1, "removed": 1, "unchanged": 1}


def test_a_touched_file_is_unchanged_and_not_read_twice(
    archive: Archive, news: Path, encoder: FakeEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive.sync(news)
    encoder.encoded.clear()
    os.utime(news / "storm.txt", ns=(5, 5))
    assert kinds(archive.sync(news)) == {"unchanged": 2} and not encoder.encoded
    monkeypatch.setattr("index.sync._digest", lambda path: pytest.fail(f"{path} was opened"))
    assert kinds(archive.sync(news)) == {"unchanged": 2}


# --- moves --------------------------------------------------------------------------------------


def test_a_moved_file_is_the_same_article(archive: Archive, news: Path, encoder: FakeEncoder) -> None:
    archive.sync(news)
    before = {article.id for article in archive.articles()}
    encoder.encoded.clear()
    (news / "2024").mkdir()
    (news / "storm.txt").rename(news / "2024" / "weather.txt")
    assert kinds(archive.sync(news)) == {"moved": 1, "unchanged": 1} and not encoder.encoded
    assert {article.id for article in archive.articles()} == before


def test_a_file_moved_and_edited_keeps_its_history(archive: Archive, tmp_path: Path, news: Path) -> None:
    page = write(news / "a.md", f"---\ntitle: The bridge\ndate: 2024-03-01\n---\n{story(1)}\n")
    archive.sync(news)
    old = next(a for a in archive.articles() if a.title == "The bridge")
    page.unlink()
    write(news / "b.md", f"---\ntitle: The bridge\ndate: 2024-03-01\n---\n{story(1)}\n\nCorrected.\n")
    assert kinds(archive.sync(news)) == {"changed": 1, "unchanged": 2}
    new = next(a for a in archive.articles() if a.title == "The bridge")
    assert new.id != old.id and [v.article for v in archive.versions(new.id)] == [new, old]


def test_a_file_that_takes_anothers_name_and_place(archive: Archive, news: Path) -> None:
    archive.sync(news)
    storm = id_of(archive, "storm")
    (news / "storm.txt").replace(news / "bridge.txt")
    assert kinds(archive.sync(news)) == {"moved": 1, "removed": 1}
    assert [a.id for a in archive.articles()] == [storm] and holds(archive, "mayor") == []


def test_two_files_that_swap_names_have_moved(archive: Archive, news: Path, encoder: FakeEncoder) -> None:
    archive.sync(news)
    encoder.encoded.clear()
    (news / "storm.txt").rename(news / "third.txt")
    (news / "bridge.txt").rename(news / "storm.txt")
    (news / "third.txt").rename(news / "bridge.txt")
    assert kinds(archive.sync(news)) == {"moved": 2} and not encoder.encoded
    assert archive.check().ok and len(archive.articles()) == 2


@pytest.mark.parametrize(("source", "target"), [("a", "b"), ("b", "a")])
def test_an_article_may_go_from_one_file_to_another(
    archive: Archive, tmp_path: Path, encoder: FakeEncoder, source: str, target: str
) -> None:
    folder = tmp_path / "wire"
    one, other = {"id": "1", "text": "One stays."}, {"id": "2", "text": "Two goes."}
    lines(folder / f"{source}.jsonl", one, other)
    lines(folder / f"{target}.jsonl", {"id": "3", "text": "Three waits."})
    archive.sync(folder)
    archive.sync(folder)
    encoder.encoded.clear()
    lines(folder / f"{source}.jsonl", one)
    lines(folder / f"{target}.jsonl", {"id": "3", "text": "Three waits."}, other)
    report = archive.sync(folder)
    assert report.total == 3 and not report.added and not report.removed and not encoder.encoded
    assert "Two goes." in texts(archive, "two goes") and archive.check().ok
    assert [p.text for p in archive.passages("2")] == ["Two goes."]


@pytest.mark.parametrize("copy", ["a.txt", "z.txt"])
def test_a_copy_of_what_is_then_edited_keeps_the_old_text(archive: Archive, news: Path, copy: str) -> None:
    archive.sync(news)
    old = id_of(archive, "bridge")
    (news / copy).write_bytes((news / "bridge.txt").read_bytes())
    write(news / "bridge.txt", dated("The bridge is closed again."))
    archive.sync(news)
    assert len(archive.articles()) == 3 and archive.check().ok
    assert archive.passages(old) and any("Tuesday" in text for text in texts(archive, "Tuesday mayor"))


def test_the_same_words_under_another_ending(archive: Archive, news: Path, encoder: FakeEncoder) -> None:
    archive.sync(news)
    encoder.encoded.clear()
    (news / "storm.txt").rename(news / "storm.md")
    report = archive.sync(news)
    assert report.total == 2 and len(archive.articles()) == 2 and archive.check().ok
    assert any("Bergen" in text for text in texts(archive, "storm Bergen"))


# --- removals -----------------------------------------------------------------------------------


def test_what_is_removed_is_in_no_table_and_no_index(archive: Archive, news: Path) -> None:
    write(news / "secret.txt", dated("Quixotry was the first word."))
    archive.sync(news)
    write(news / "secret.txt", dated("Quixotry was the second word."))
    archive.sync(news)
    assert set(holds(archive, "Quixotry")) == {"articles", "versions", "passages"}
    gone = id_of(archive, "Quixotry")
    (news / "secret.txt").unlink()
    assert kinds(archive.sync(news)) == {"removed": 1, "unchanged": 2}
    assert holds(archive, "Quixotry") == [] and archive.check().ok
    assert not any("Quixotry" in text for text in texts(archive, "Quixotry"))
    assert archive.status().versions == 0
    with pytest.raises(ArticleNotFound):
        archive.article(gone)
    with sqlite3.connect(archive.path / "catalogue.sqlite") as db:
        (vectors,) = db.execute("SELECT COUNT(*) FROM vectors WHERE key NOT IN (SELECT key FROM passages)")
        db.execute("VACUUM")
    db.close()
    assert vectors == (0,) and b"Quixotry" not in (archive.path / "catalogue.sqlite").read_bytes()


def test_a_folder_that_became_empty_is_said(archive: Archive, news: Path) -> None:
    archive.sync(news)
    for file in news.iterdir():
        file.unlink()
    report = archive.sync(news)
    assert kinds(report) == {"removed": 2} and archive.articles() == []
    assert "holds no article" in report.problems[0].reason


def test_a_folder_that_disappeared_takes_nothing_with_it(
    archive: Archive, news: Path, tmp_path: Path
) -> None:
    archive.sync(news)
    news.rename(tmp_path / "unmounted")
    with pytest.raises(SourceNotFound):
        archive.sync(news)
    assert len(archive.articles()) == 2


def test_a_folder_named_twice_or_with_its_parent_is_counted_once(archive: Archive, news: Path) -> None:
    write(news / "inner" / "third.txt", dated("Inside, a third one waits."))
    assert kinds(archive.sync(news, news, str(news))) == {"added": 3}
    assert kinds(archive.sync(news, news / "inner")) == {"unchanged": 3}
    assert kinds(archive.sync(news / "inner", news)) == {"unchanged": 3}
    (news / "inner" / "third.txt").unlink()
    assert kinds(archive.sync(news / "inner")) == {"removed": 1}
    assert kinds(archive.sync(news)) == {"unchanged": 2}


# --- copies -------------------------------------------------------------------------------------


def test_exactly_the_same_article_under_two_ids_is_one(archive: Archive, tmp_path: Path) -> None:
    folder = tmp_path / "wire"
    lines(folder / "a.jsonl", {"id": "x", "text": "The same words."})
    lines(folder / "b.jsonl", {"id": "y", "text": "The same words."})
    archive.sync(folder)
    assert [a.id for a in archive.articles()] == ["x"]
    assert archive.article("y").id == "x" and archive.copies("y") == ["x"]
    assert [v.article.id for v in archive.versions("y")] == ["x"]
    (folder / "a.jsonl").unlink()
    archive.sync(folder)
    assert archive.article("y").text == "The same words." and len(archive.articles()) == 1
    (folder / "b.jsonl").unlink()
    assert kinds(archive.sync(folder)) == {"removed": 1}
    with pytest.raises(ArticleNotFound):
        archive.article("y")


def test_near_duplicates_are_one_story_of_the_earliest(archive: Archive, tmp_path: Path) -> None:
    folder, text = tmp_path / "wire", story(7, 240)
    for name, day, more in [
        ("late", "2024-03-03", "Late."),
        ("first", "2024-03-01", ""),
        ("mid", "2024-03-02", "Mid."),
    ]:
        write(folder / f"{name}.txt", dated(f"{text} {more}", day))
    write(folder / "other.txt", dated(story(8, 240)))
    archive.sync(folder)
    by_day = sorted((a for a in archive.articles() if text[:40] in a.text), key=lambda a: str(a.date))
    ids = [article.id for article in by_day]
    assert all(archive.copies(one) == ids for one in ids)
    other = next(a.id for a in archive.articles() if a.id not in ids)
    assert archive.copies(other) == [other]
    assert (archive.status().stories, archive.status().copies) == (1, 3)
    hits = archive.search(text[:200], k=50)
    assert {hit.origin for hit in hits if hit.passage.article_id in ids} == {ids[0]}
    assert {hit.origin for hit in hits if hit.passage.article_id == other} <= {other}


def test_a_story_ends_when_its_copies_go(archive: Archive, tmp_path: Path) -> None:
    folder, text = tmp_path / "wire", story(9, 240)
    for name in ("a", "b", "c"):
        write(folder / f"{name}.txt", dated(f"{text} Ends in {name}."))
    archive.sync(folder)
    for name, left in [("a", (1, 2)), ("b", (0, 0))]:
        (folder / f"{name}.txt").unlink()
        archive.sync(folder)
        assert (archive.status().stories, archive.status().copies) == left
    (last,) = archive.articles()
    assert archive.copies(last.id) == [last.id]
    assert all(hit.origin == last.id for hit in archive.search(text[:100]))


def test_an_edit_may_leave_a_story(archive: Archive, tmp_path: Path) -> None:
    folder, text = tmp_path / "wire", story(10, 240)
    for name in ("a", "b"):
        write(folder / f"{name}.txt", dated(f"{text} Ends in {name}."))
    archive.sync(folder)
    assert archive.status().copies == 2
    write(folder / "b.txt", dated(story(11, 240)))
    archive.sync(folder)
    assert archive.status().copies == 0 and archive.status().versions == 1


# --- patterns -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pattern", "fits", "fits_not"),
    [
        ("*.md", ["a.md", "x/y/a.md", "x/.md"], ["a.MD", "a.md.txt"]),
        ("drafts", ["drafts/a", "x/drafts/y/a"], ["drafts.txt", "mydrafts/a"]),
        ("drafts/", ["drafts/a", "x/drafts/a"], ["drafts"]),
        ("drafts/*", ["drafts/a", "drafts/x/a"], ["x/drafts/a", "drafts"]),
        ("./drafts/*.txt", ["drafts/a.txt"], ["drafts/x/a.txt"]),
        ("/top.md", ["top.md"], ["x/top.md"]),
        (
            "2023/**/a?.txt",
            ["2023/a1.txt", "2023/11/08/a2.txt"],
            ["2024/a1.txt", "2023/a.txt", "2023/x/ab/.txt"],
        ),
        ("**/old", ["old", "x/y/old", "old/a"], ["older"]),
        ("[!a-c]*.txt", ["d.txt"], ["a.txt"]),
        ("[]^\\]x", ["]x", "^x", "\\x"], ["x"]),
        ("a[b", ["a[b"], ["ab"]),
        ("a.b+c", ["a.b+c"], ["axb+c", "a.bbc"]),
    ],
)
def test_patterns_mean_what_they_do_elsewhere(pattern: str, fits: list[str], fits_not: list[str]) -> None:
    globs = Globs.of([pattern])
    assert [path for path in fits if not globs.take(path)] == []
    assert [path for path in fits_not if globs.take(path)] == []
    assert all(Globs.of([], [pattern]).take(path) != globs.take(path) for path in fits + fits_not)


@pytest.mark.parametrize("pattern", ["", " ", "/", "./", "[z-a]"])
def test_a_pattern_that_fits_nothing_is_refused(archive: Archive, news: Path, pattern: str) -> None:
    with pytest.raises(BadSetting, match="pattern") as caught:
        archive.sync(news, exclude=[pattern])
    assert "\n" not in str(caught.value) and archive.articles() == []


@given(st.text(min_size=1, max_size=12), st.text(max_size=12))
@settings(max_examples=100, deadline=None)
def test_any_pattern_fits_or_is_refused(pattern: str, path: str) -> None:
    try:
        globs = Globs.of([pattern])
    except BadSetting as error:
        assert "\n" not in str(error)
    else:
        assert globs.take(path) in (True, False)


def test_patterns_choose_and_what_they_leave_out_is_removed(archive: Archive, news: Path) -> None:
    write(news / "note.md", "A note on the harbour.")
    write(news / "drafts" / "next.md", "A draft nobody should cite.")
    (news / "drafts" / "photo.jpg").write_bytes(b"\xff")
    assert kinds(archive.sync(news)) == {"added": 4}
    report = archive.sync(news, exclude=("drafts/*",))
    assert kinds(report) == {"removed": 1, "unchanged": 3} and not report.problems
    assert holds(archive, "draft nobody") == []
    assert kinds(archive.sync(news, include=("*.md",), exclude=("drafts",))) == {"removed": 2, "unchanged": 1}
    assert kinds(archive.sync(news)) == {"added": 3, "unchanged": 1}


def test_patterns_hold_for_a_file_named_itself_and_are_taken_from_each_folder(
    archive: Archive, news: Path
) -> None:
    write(news / "inner" / "third.txt", dated("Inside, a third one waits."))
    assert kinds(archive.sync(news / "storm.txt", include=["*.md"])) == {}
    assert kinds(archive.sync(news, news / "inner", exclude=["inner/*"])) == {"added": 3}
    report = archive.sync(news, include=["*.pdf"])
    assert kinds(report) == {"removed": 3} and "patterns leave" in report.problems[0].reason


def test_a_string_is_not_a_list_of_patterns(archive: Archive, news: Path) -> None:
    with pytest.raises(BadSetting, match="list"):
        archive.sync(news, include="*.md")


def test_a_copy_that_comes_as_its_original_is_edited_does_not_undo_the_edit(
    archive: Archive, tmp_path: Path
) -> None:
    folder = tmp_path / "wire"
    lines(folder / "a.jsonl", {"id": "x", "text": "First words."})
    archive.sync(folder)
    lines(folder / "a.jsonl", {"id": "x", "text": "Second words."})
    lines(folder / "c.jsonl", {"id": "z", "text": "First words."})
    archive.sync(folder)
    assert {a.id: a.text for a in archive.articles()} == {"x": "Second words.", "z": "First words."}
    assert archive.check().ok


def test_of_two_ids_with_the_same_words_each_may_be_edited(archive: Archive, tmp_path: Path) -> None:
    folder = tmp_path / "wire"
    lines(folder / "a.jsonl", {"id": "x", "text": "The same words."})
    lines(folder / "b.jsonl", {"id": "y", "text": "The same words."})
    archive.sync(folder)
    lines(folder / "a.jsonl", {"id": "x", "text": "Other words."})
    report = archive.sync(folder)
    assert not report.problems and report.changed == 1
    assert {a.id: a.text for a in archive.articles()} == {"x": "Other words.", "y": "The same words."}
    assert [v.article.text for v in archive.versions("x")] == ["Other words.", "The same words."]
    assert {p.article_id for p in archive.passages("y")} == {"y"} and archive.check().ok
    lines(folder / "b.jsonl", {"id": "y", "text": "Third words."})
    assert not archive.sync(folder).problems and archive.article("y").text == "Third words."
    assert [v.article.text for v in archive.versions("y")] == ["Third words.", "The same words."]
    for file in folder.iterdir():
        file.unlink()
    archive.sync(folder)
    assert archive.articles() == [] and holds(archive, "words") == []
