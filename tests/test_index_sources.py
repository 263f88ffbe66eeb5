"""Only from these sources, not from those: exact, before the best are taken, whatever was moved or copied."""

from __future__ import annotations

import datetime as dt
import json
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index import Archive, Article, DateRange, Outlet, nearest
from index.articles import ALWAYS
from index.dense import Dense, Rows
from index.errors import UnknownSource
from index.lexical import Lexical
from index.migrate import migrate
from index.outlets import outlet_of
from index.shelves import EVERYWHERE, Selection, Shelves
from tests.fakes import FakeEncoder

WIDTH = 16
WORDS = ["harbour", "rain", "grain", "ships", "talks", "border"]
HOSTS = ["cnn.com", "edition.cnn.com", "bbc.co.uk", "notcnn.com"]


def story(n: int, host: str | None, day: int = 1) -> Article:
    text = f"Report {n} of the harbour. " + " ".join(WORDS[i % 6] for i in range(n % 5 + 1)) + "."
    url = f"https://www.{host}/{n}" if host else None
    return Article(text, date=dt.date(2023, 11, day), url=url, id=f"a{n}")


def found(archive: Archive, *include: str, exclude: tuple[str, ...] = ()) -> set[str]:
    hits = archive.search("harbour report", 1000, include=include, exclude=exclude)
    return {hit.passage.article_id for hit in hits}


@pytest.fixture
def news(tmp_path: Path) -> Path:
    folder = tmp_path / "news"
    for place, said in [
        ("2023/11/a.txt", "Talks began."),
        ("drafts/b.txt", "Talks ended."),
        ("drafts/old/c.txt", "Rain fell."),
    ]:
        (folder / place).parent.mkdir(parents=True, exist_ok=True)
        (folder / place).write_text(f"Harbour report: {said}", "utf-8")
    rows = [{"id": "w1", "text": "Harbour report: grain."}, {"id": "w2", "text": "Harbour report: ships."}]
    rows.append({"id": "w3", "text": "Harbour report: wind.", "url": "https://www.cnn.com/w3"})
    (folder / "wire.jsonl").write_text("\n".join(map(json.dumps, rows)), "utf-8")
    return folder


@pytest.fixture
def desk(tmp_path: Path, news: Path) -> Iterator[Archive]:
    with Archive.open(tmp_path / "desk", encoder=FakeEncoder()) as archive:
        archive.sync(news)
        yield archive


@pytest.mark.parametrize(
    ("url", "path", "outlet"),
    [
        ("https://www.cnn.com/x", "/news/a.txt", "cnn.com"),
        ("HTTP://CNN.com:8080/x?y", "", "cnn.com"),
        ("javascript:alert(1)", "/news/a.txt", "/news/"),
        ("https://<script>alert(1)</script>.com/", "/news/a.txt", "/news/"),
        ("https://\x1b[2Jcnn.com/", "/news/a.txt", "/news/"),
        ("https://[broken", "https://a.org/feed.xml", "a.org"),
        (None, "/news/feed.XML", "/news/feed.XML"),
        (None, "/news/rows.csv.gz", "/news/rows.csv.gz"),
        (None, "/a.txt", "/"),
        (None, "", "direct"),
    ],
)
def test_the_outlet_is_the_host_or_else_the_feed_folder_or_file(
    url: str | None, path: str, outlet: str
) -> None:
    assert outlet_of(url, path) == outlet


def test_sources_are_counted_most_first_by_names_that_tell_them_apart(desk: Archive) -> None:
    desk.add([story(1, None)])
    assert desk.sources() == [
        Outlet("wire.jsonl", 2),
        Outlet("cnn.com", 1),
        Outlet("direct", 1),
        Outlet("drafts/", 1),
        Outlet("news/2023/11/", 1),
        Outlet("old/", 1),
    ]
    assert [(each.name, len(found(desk, each.name))) for each in desk.sources()][:3] == [
        ("wire.jsonl", 2),
        ("cnn.com", 1),
        ("direct", 1),
    ]


def test_an_empty_archive_has_no_source(tmp_path: Path) -> None:
    with Archive.open(tmp_path / "desk", encoder=FakeEncoder()) as archive:
        assert archive.sources() == []
        with pytest.raises(UnknownSource, match="none yet"):
            archive.know_sources(Selection(("cnn.com",)))


def test_a_folder_stands_for_all_that_lies_in_it(desk: Archive, news: Path) -> None:
    drafts = found(desk, "drafts/")
    assert len(drafts) == 2 and found(desk, "drafts") == found(desk, "DRAFTS/") == drafts
    assert found(desk, str(news / "drafts")) == drafts
    assert len(found(desk, "drafts/old")) == 1
    assert found(desk, exclude=("drafts/",)) == found(desk) - drafts
    assert found(desk, "news", exclude=("drafts/", "wire.jsonl")) == found(desk, "2023/11")
    assert found(desk, "drafts/", exclude=("news/",)) == set()


def test_a_host_stands_for_its_subdomains_and_for_no_other(tmp_path: Path) -> None:
    with Archive.open(tmp_path / "desk", encoder=FakeEncoder()) as archive:
        archive.add(story(n, host) for n, host in enumerate(HOSTS))
        assert found(archive, "cnn.com") == {"a0", "a1"}
        assert found(archive, "https://www.CNN.com/world") == found(archive, "www.cnn.com") == {"a0", "a1"}
        assert found(archive, "edition.cnn.com") == {"a1"}
        assert found(archive, "cnn.com", "bbc.co.uk", exclude=("edition.cnn.com",)) == {"a0", "a2"}


def test_an_unknown_name_is_refused_with_near_ones(desk: Archive) -> None:
    desk.add(story(n, host) for n, host in enumerate(HOSTS))
    with pytest.raises(
        UnknownSource, match=r"no article is from 'cnn.co'; near it are (not)?cnn\.com, "
    ) as error:
        desk.search("harbour", include=["cnn.co"])
    assert "\n" not in str(error.value)
    with pytest.raises(UnknownSource, match=r"'zzz'; the 8 sources of the archive begin with bbc.co.uk"):
        desk.search("harbour", exclude=["zzz"])
    for name in ("", " ", "/", "com", "a/b", "%", "'; DROP TABLE places"):
        with pytest.raises(UnknownSource):
            desk.know_sources(Selection((name,)))


def test_whatever_a_folder_is_called_it_is_a_source_and_the_error_one_line(tmp_path: Path) -> None:
    folder = tmp_path / "desk notes\nof [bold] émile"
    folder.mkdir()
    (folder / "a.txt").write_text("Harbour report: talks.", "utf-8")
    with Archive.open(tmp_path / "desk", encoder=FakeEncoder()) as archive:
        archive.sync(folder)
        (outlet,) = archive.sources()
        assert len(found(archive, outlet.name)) == 1
        with pytest.raises(UnknownSource) as error:
            archive.search("harbour", include=["desk notes"])
        assert "\n" not in str(error.value) and "émile/" in str(error.value)


def test_a_file_that_moves_takes_its_articles_to_the_other_folder(desk: Archive, news: Path) -> None:
    (before,) = found(desk, "2023/11")
    encoder = desk.encoder
    assert isinstance(encoder, FakeEncoder)
    encoder.encoded.clear()
    shutil.move(news / "drafts" / "b.txt", news / "2023" / "11" / "b.txt")
    report = desk.sync(news)
    assert report.moved == 1 and not encoder.encoded
    assert before in found(desk, "2023/11") and len(found(desk, "2023/11")) == 2
    assert len(found(desk, "drafts/")) == 1 and desk.check().ok


def test_check_sees_a_passage_under_another_source(desk: Archive) -> None:
    found(desk)
    db = sqlite3.connect(desk.path / "catalogue.sqlite")
    db.execute("UPDATE places SET shelf = (SELECT MAX(shelf) FROM places)")
    db.commit()
    db.close()
    failed = [each for each in desk.check().checks if not each.ok]
    assert [each.name for each in failed] == ["indexes"] and "under another source" in failed[0].detail


def test_a_copy_is_found_by_either_folder_until_one_is_gone(desk: Archive, news: Path) -> None:
    (one,) = found(desk, "2023/11")
    shutil.copy(news / "2023" / "11" / "a.txt", news / "drafts" / "copy.txt")
    desk.sync(news)
    assert one in found(desk, "2023/11") & found(desk, "drafts/")
    assert one not in found(desk, exclude=("drafts/",))
    (news / "2023" / "11" / "a.txt").unlink()
    desk.sync(news)
    assert one in found(desk, "drafts/") and desk.check().ok
    with pytest.raises(UnknownSource):
        found(desk, "2023/11")


def test_an_article_whose_address_changes_changes_its_source(tmp_path: Path) -> None:
    with Archive.open(tmp_path / "desk", encoder=FakeEncoder()) as archive:
        archive.add([story(1, "cnn.com"), story(2, "cnn.com")])
        archive.add([story(1, "bbc.co.uk")])
        assert found(archive, "bbc.co.uk") == {"a1"} and found(archive, "cnn.com") == {"a2"}
        archive.remove(["a1"])
        assert archive.sources() == [Outlet("cnn.com", 1)]


def test_a_single_string_is_one_name(desk: Archive) -> None:
    assert desk.search("harbour", include="drafts/") == desk.search("harbour", include=("drafts/",))


def test_an_archive_made_before_is_filled_in_without_encoding(tmp_path: Path, desk: Archive) -> None:
    wanted, sources = found(desk, "drafts/"), desk.sources()
    desk.close()
    db = sqlite3.connect(desk.path / "catalogue.sqlite")
    db.executescript("DROP TABLE places; DROP TABLE shelves; DELETE FROM meta WHERE key = 'outlets'")
    db.close()
    for stamp in desk.path.glob("*-*/stamp.json"):  # and its indexes are of the rules of then
        said = json.loads(stamp.read_text("utf-8"))
        stamp.write_text(json.dumps({**said, "rules": "1"}), "utf-8")
    encoder = FakeEncoder()
    with Archive.open(desk.path, encoder=encoder) as archive:
        assert archive.sources() == sources
        assert found(archive, "drafts/") == wanted and archive.check(sample=0).ok
        assert encoder.encoded == ["harbour report"]


def test_a_migrated_archive_keeps_its_sources(desk: Archive) -> None:
    wanted, sources = found(desk, "drafts/"), desk.sources()
    desk.close()
    migrate(desk.path, encoder=FakeEncoder("fake-other"))
    with Archive.open(desk.path, encoder=FakeEncoder("fake-other")) as archive:
        assert archive.sources() == sources and found(archive, "drafts/") == wanted


def rows(count: int, seed: int) -> Rows:
    chance = np.random.default_rng(seed)
    vectors = chance.standard_normal((count, WIDTH))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    days = np.where(
        chance.random(count) < 0.1, 0, dt.date(2023, 11, 1).toordinal() + chance.integers(0, 9, count)
    )
    shelves = chance.integers(1, 7, count).astype(np.int32)
    return Rows(np.arange(count) * 2 + 1, days.astype(np.int32), shelves, vectors.astype(np.float16))


shelves_of = st.builds(
    Shelves, st.lists(st.integers(1, 9), unique=True, max_size=6).map(tuple), st.booleans()
)
ranges = st.sampled_from(
    [ALWAYS, DateRange(dt.date(2023, 11, 3), dt.date(2023, 11, 6)), DateRange(until=dt.date(2023, 11, 1))]
)


@pytest.mark.parametrize("few", [0, 1_000])
@pytest.mark.parametrize("limit", [100, 50_000])
@settings(max_examples=40, deadline=None)
@given(st.integers(0, 400), st.integers(0, 9), shelves_of, ranges, st.integers(1, 60), st.data())
def test_vectors_of_the_shelves_are_ranked_as_by_brute_force(
    limit: int,
    few: int,
    count: int,
    seed: int,
    shelves: Shelves,
    published: DateRange,
    k: int,
    data: st.DataObject,
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(nearest, "EXACT_BELOW", limit)
        patch.setattr(nearest, "_FEW", few)
        patch.setattr(nearest, "probes", lambda index, rows: index.nlist)  # all lists: then it is exact
        all_ = rows(count, seed)
        built = data.draw(st.integers(0, count))  # the others come later
        base = Rows(*(part[:built] for part in (all_.numbers, all_.days, all_.shelves, all_.vectors)))
        later = Rows(*(part[built:] for part in (all_.numbers, all_.days, all_.shelves, all_.vectors)))
        gone = data.draw(
            st.lists(st.sampled_from(all_.numbers.tolist()), unique=True) if count else st.just([])
        )
        removed = np.array([n for n in gone if n <= 2 * built], np.int64)
        dense = Dense.build([base], built, WIDTH).changed(later, removed)
        asked = rows(1, 99).vectors[0].astype(np.float32)
        right = brute(all_, asked, shelves, published, set(removed.tolist()))
        if not shelves.numbers and shelves.but:
            assert shelves == EVERYWHERE
        got = dense.search(asked, k, published, shelves)
    assert list(got) == list(right)[:k]
    assert np.allclose(list(got.values()), list(right.values())[:k], atol=1e-5)


def brute(
    all_: Rows, asked: np.ndarray, shelves: Shelves, published: DateRange, gone: set[int]
) -> dict[int, float]:
    scores = all_.vectors.astype(np.float32) @ asked
    right = {}
    for i in np.argsort(-scores, kind="stable").tolist():
        day, number = all_.days[i], int(all_.numbers[i])
        there = (int(all_.shelves[i]) in shelves.numbers) != shelves.but
        if there and number not in gone and (dt.date.fromordinal(day) if day else None) in published:
            right[number] = float(scores[i])
    return right


@pytest.fixture(scope="module")
def words() -> Lexical:
    day = dt.date(2023, 11, 1).toordinal()
    made = [(n, day + n % 9, 1 + n % 7, " ".join(WORDS[: n % 6 + 1] * (n % 4 + 1))) for n in range(300)]
    return Lexical.write(made, [])


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(WORDS), min_size=1, max_size=4), shelves_of, ranges, st.integers(1, 80))
def test_words_of_the_shelves_are_ranked_as_by_brute_force(
    words: Lexical, query: list[str], shelves: Shelves, published: DateRange, k: int
) -> None:
    asked = " ".join(query)
    whole = words.search(asked, 300, published)
    right = {n: score for n, score in whole.items() if ((1 + n % 7) in shelves.numbers) != shelves.but}
    got = words.search(asked, k, published, shelves)
    assert list(got.values()) == pytest.approx(list(right.values())[:k])
    assert all(right[n] == pytest.approx(score) for n, score in got.items())


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Archive]:
    with Archive.open(tmp_path_factory.mktemp("many") / "desk", encoder=FakeEncoder()) as archive:
        archive.add(story(n, [*HOSTS, None][n % 5], 1 + n % 9) for n in range(150))
        yield archive


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.sampled_from([*HOSTS, "direct"]), max_size=3),
    st.lists(st.sampled_from([*HOSTS, "direct"]), max_size=3),
    ranges,
)
def test_a_search_finds_all_of_the_sources_and_nothing_else(
    many: Archive, include: list[str], exclude: list[str], published: DateRange
) -> None:
    def meant(n: int, names: list[str]) -> bool:
        host = [*HOSTS, None][n % 5] or "direct"
        return any(host == name or host.endswith(f".{name}") for name in names)

    whole = {hit.passage.id: hit for hit in many.search("harbour rain", 1000, published=published)}
    right = {
        key
        for key, hit in whole.items()
        for n in [int(hit.passage.article_id[1:])]
        if (not include or meant(n, include)) and not meant(n, exclude)
    }
    got = many.search("harbour rain", 1000, published=published, include=include, exclude=exclude)
    assert {hit.passage.id for hit in got} == right
    for hit in got:
        assert (hit.dense, hit.lexical) == pytest.approx(
            (whole[hit.passage.id].dense, whole[hit.passage.id].lexical)
        )
    five = many.search("harbour rain", 5, published=published, include=include, exclude=exclude)
    assert len(five) == min(5, len(right))
