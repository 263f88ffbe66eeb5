import datetime as dt
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index import nearest
from index.articles import ALWAYS, DateRange
from index.dense import Dense, Rows

WIDTH = 24
DAY = dt.date(2023, 11, 1).toordinal()
NONE = np.zeros(0, np.int64)


def rows(count: int, seed: int = 0, first: int = 0, step: int = 3) -> Rows:
    """Passages around a few subjects, a tenth of them without a date."""
    chance = np.random.default_rng(seed)
    vectors = chance.standard_normal((12, WIDTH))[chance.integers(0, 12, count)]
    vectors = vectors + 0.7 * chance.standard_normal((count, WIDTH))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    days = np.where(chance.random(count) < 0.1, 0, DAY + chance.integers(0, 30, count))
    numbers = first + step * np.arange(count, dtype=np.int64)
    shelves = chance.integers(1, 9, count)
    return Rows(numbers, days.astype(np.int32), shelves.astype(np.int32), vectors.astype(np.float16))


def part(all_: Rows, which: np.ndarray) -> Rows:
    return Rows(all_.numbers[which], all_.days[which], all_.shelves[which], all_.vectors[which])


def built(all_: Rows, chunk: int = 100) -> Dense:
    starts = range(0, len(all_.numbers), chunk)
    chunks = (part(all_, np.arange(s, min(s + chunk, len(all_.numbers)))) for s in starts)
    return Dense.build(chunks, len(all_.numbers), WIDTH)


def query(seed: int = 1) -> np.ndarray:
    return rows(1, seed).vectors[0].astype(np.float32)


def brute(all_: Rows, asked: np.ndarray, k: int, published: DateRange = ALWAYS) -> dict[int, float]:
    scores = all_.vectors.astype(np.float32) @ asked
    dates = [dt.date.fromordinal(day) if day else None for day in all_.days.tolist()]
    order = [i for i in np.argsort(-scores, kind="stable").tolist() if dates[i] in published]
    return {int(all_.numbers[i]): float(scores[i]) for i in order[:k]}


def same(found: dict[int, float], right: dict[int, float]) -> bool:
    return list(found) == list(right) and np.allclose(list(found.values()), list(right.values()), atol=1e-5)


def days(first: int, last: int) -> DateRange:
    return DateRange(dt.date.fromordinal(DAY + first), dt.date.fromordinal(DAY + last))


@pytest.fixture
def lists(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if an archive of a few hundred vectors were too large to be searched whole."""
    monkeypatch.setattr(nearest, "EXACT_BELOW", 300)


def test_while_small_the_search_is_exact() -> None:
    all_ = rows(500)
    dense = built(all_)
    assert "exact" in dense.kind and len(dense) == 500
    for seed in range(5):
        assert same(dense.search(query(seed), 10), brute(all_, query(seed), 10))


def test_a_large_archive_is_searched_by_lists_and_finds_nearly_the_same(lists: None) -> None:
    all_ = rows(4000)
    dense = built(all_)
    assert "IVF" in dense.kind and "approximate" in dense.kind
    hits = sum(len(set(dense.search(query(s), 10)) & set(brute(all_, query(s), 10))) for s in range(40))
    assert hits >= 300
    assert dense.search(query(0), 4000).keys() == set(all_.numbers.tolist())


@pytest.mark.parametrize("limit", [300, 50_000])
def test_a_narrow_date_range_is_searched_in_full(monkeypatch: pytest.MonkeyPatch, limit: int) -> None:
    monkeypatch.setattr(nearest, "EXACT_BELOW", limit)
    all_ = rows(4000)
    dense = built(all_)
    for published in (days(3, 3), DateRange(until=days(0, 0).until), days(90, 99)):
        assert same(dense.search(query(), 20, published), brute(all_, query(), 20, published))


def test_a_wide_range_in_a_large_archive_shows_nothing_outside_it(lists: None) -> None:
    all_ = rows(4000)
    dense, published = built(all_), days(5, 24)
    found = dense.search(query(), 50, published)
    assert len(found) == 50 and found.keys() <= brute(all_, query(), 4000, published).keys()
    everything = dense.search(query(), 4000, published)
    assert everything.keys() == brute(all_, query(), 4000, published).keys()


def test_an_undated_passage_is_found_without_a_range_only() -> None:
    all_ = rows(200)
    undated = set(all_.numbers[all_.days == 0].tolist())
    dense = built(all_)
    assert undated <= dense.search(query(), 200).keys()
    assert not undated & dense.search(query(), 200, DateRange(since=dt.date.min)).keys()
    assert not undated & dense.search(query(), 200, DateRange(until=dt.date.max)).keys()


@pytest.mark.parametrize("limit", [300, 50_000])
def test_a_saved_index_gives_the_same_answers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: int
) -> None:
    monkeypatch.setattr(nearest, "EXACT_BELOW", limit)
    all_ = rows(1000)
    dense = built(all_)
    dense.save(tmp_path)
    opened = Dense.load(tmp_path)
    assert opened is not None and opened.kind == dense.kind and len(opened) == 1000
    assert (opened.ids == all_.numbers).all()
    for published in (ALWAYS, days(2, 9)):
        assert opened.search(query(), 30, published) == dense.search(query(), 30, published)
    assert (opened.vector(27) == all_.vectors[9].astype(np.float32)).all()
    changed = opened.changed(rows(5, 8, 10_000), all_.numbers[:7])
    assert len(changed) == 998 and len(changed.search(query(), 2000)) == 998


@pytest.mark.parametrize("limit", [300, 50_000])
@pytest.mark.parametrize("name", ["vectors.faiss", "rows.npy"])
def test_a_damaged_index_is_not_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, limit: int
) -> None:
    monkeypatch.setattr(nearest, "EXACT_BELOW", limit)
    assert Dense.load(tmp_path) is None
    built(rows(1000)).save(tmp_path)
    whole = (tmp_path / name).read_bytes()
    for damaged in (b"", whole[:10], whole[: len(whole) // 2], b"x" * 500):
        (tmp_path / name).write_bytes(damaged)
        assert Dense.load(tmp_path) is None
    (tmp_path / name).unlink()
    assert Dense.load(tmp_path) is None


def test_the_same_vectors_make_the_same_index_however_they_come(lists: None, tmp_path: Path) -> None:
    import faiss

    all_ = rows(2000)
    files = []
    threads = faiss.omp_get_max_threads()
    for turn, chunk in enumerate((100, 700)):
        faiss.omp_set_num_threads(turn + 1)
        (folder := tmp_path / str(turn)).mkdir()
        built(all_, chunk).save(folder)
        files.append([path.read_bytes() for path in sorted(folder.iterdir())])
    faiss.omp_set_num_threads(threads)
    assert files[0] == files[1]


def test_nothing_at_all() -> None:
    for dense in (Dense.empty(), built(rows(0))):
        assert len(dense) == 0 and len(dense.ids) == 0 and not dense.worn and "exact" in dense.kind
        assert dense.search(query(), 5) == {} == dense.search(query(), 5, days(0, 3))
        assert dense.cosines(query(), [1, 2]) == {} == dense.cosines(query(), [])
        with pytest.raises(KeyError):
            dense.vector(1)
        again = dense.changed(rows(0), np.array([4]))
        assert len(again) == 0
        assert same(again.changed(rows(7), NONE).search(query(), 3), brute(rows(7), query(), 3))


def test_an_empty_index_can_be_saved(tmp_path: Path) -> None:
    Dense.empty().save(tmp_path)
    opened = Dense.load(tmp_path)
    assert opened is not None and len(opened) == 0
    assert len(opened.changed(rows(3), NONE).search(query(), 9)) == 3


def test_more_wanted_than_there_are(lists: None) -> None:
    for count in (5, 400):
        dense = built(rows(count))
        assert len(dense.search(query(), 10_000)) == count
        assert dense.search(query(), 0) == {}


def test_a_change_leaves_the_old_object_as_it_was() -> None:
    all_ = rows(100)
    dense = built(all_)
    before = dense.search(query(), 100)
    dense.changed(rows(10, 5, 1000), all_.numbers[:50])
    assert len(dense) == 100 and dense.search(query(), 100) == before


def test_a_number_that_is_there_keeps_its_vector_unless_it_was_removed() -> None:
    old, other = rows(10), rows(10, 99)
    dense = built(old)
    assert (dense.changed(other, NONE).vector(6) == old.vectors[2].astype(np.float32)).all()
    replaced = dense.changed(part(other, np.array([2])), np.array([6]))
    assert len(replaced) == 10 and (replaced.vector(6) == other.vectors[2].astype(np.float32)).all()
    assert list(replaced.ids) == list(old.numbers)
    assert replaced.cosines(query(), [6])[6] == pytest.approx(
        float(other.vectors[2].astype(np.float32) @ query())
    )


def test_many_removals_near_the_question_leave_the_rest_to_be_found(lists: None) -> None:
    all_ = rows(2000)
    nearest_ = np.array(list(brute(all_, query(), 900)))
    left = part(all_, ~np.isin(all_.numbers, nearest_))
    found = built(all_).changed(rows(0), nearest_).search(query(), 10)
    assert len(found) == 10 and found.keys() <= set(left.numbers.tolist())


def test_cosines_are_of_the_numbers_asked_for(lists: None) -> None:
    all_ = rows(1000)
    dense = built(all_).changed(rows(20, 4, 50_000), np.array([30, 33]))
    right = brute(all_, query(), 1000)
    found = dense.cosines(query(), [300, 1, 30, 3, 50_000, 10**15, -1])
    assert list(found) == [300, 3, 50_000]
    assert found[300] == pytest.approx(right[300], abs=1e-5)
    assert found[50_000] == pytest.approx(dense.search(query(), 2000)[50_000], abs=1e-6)
    with pytest.raises(KeyError):
        dense.vector(30)


def test_an_index_wears_out() -> None:
    dense = built(rows(300))
    assert not dense.worn and not dense.changed(rows(900, 3, 10_000), NONE).worn
    assert dense.changed(rows(1100, 3, 10_000), NONE).worn
    big = built(rows(3000))
    assert not big.changed(rows(0), big.ids[:900]).worn and big.changed(rows(0), big.ids[:1100]).worn


def test_another_size_asks_for_another_kind(lists: None) -> None:
    small = built(rows(290))
    assert "exact" in small.kind and not small.worn and small.changed(rows(20, 3, 10_000), NONE).worn
    large = built(rows(310))
    assert "IVF" in large.kind and not large.changed(rows(0), large.ids[:100]).worn
    assert large.changed(rows(0), large.ids[:170]).worn


def test_many_threads_search_at_once(lists: None) -> None:
    dense = built(rows(3000)).changed(rows(50, 3, 10_000), NONE)
    right = [dense.search(query(seed), 10, days(2, 20)) for seed in range(20)]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(lambda seed: dense.search(query(seed), 10, days(2, 20)), range(20))) == right


@pytest.mark.skipif(os.cpu_count() == 1, reason="one core has one thread")
def test_searching_changes_nobodys_number_of_threads(lists: None) -> None:
    import faiss

    before = faiss.omp_get_max_threads()
    built(rows(400)).search(query(), 3)
    assert faiss.omp_get_max_threads() == before


changes = st.lists(
    st.tuples(st.lists(st.integers(0, 160), max_size=20), st.lists(st.integers(0, 160), max_size=20)),
    max_size=4,
)


@settings(max_examples=60, deadline=None)
@given(
    start=st.integers(0, 120), steps=changes, limit=st.sampled_from([40, 50_000]), width=st.integers(0, 12)
)
def test_changes_are_as_good_as_building_again(
    start: int, steps: list[tuple[list[int], list[int]]], limit: int, width: int
) -> None:
    pool = rows(161, 5, step=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(nearest, "EXACT_BELOW", limit)
        dense, live = built(part(pool, np.arange(start))), set(range(start))
        for added, removed in steps:
            given_ = part(pool, np.array(sorted(set(added)), np.int64))
            dense = dense.changed(given_, np.array(removed, np.int64))
            live = (live - set(removed)) | set(added)
        left = part(pool, np.array(sorted(live), np.int64))
        assert len(dense) == len(live) and dense.ids.tolist() == sorted(live)
        for published in (ALWAYS, days(4, 4 + width)):
            right = brute(left, query(), 200, published)
            assert same(dense.search(query(), 200, published), right)
            few = dense.search(query(), 8, published)
            assert len(few) == min(8, len(right)) and few.keys() <= right.keys()
            if limit > 200:
                assert same(few, brute(left, query(), 8, published))
        assert dense.cosines(query(), range(161)).keys() == live
