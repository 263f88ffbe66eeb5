"""Files of an archive deleted, cut, overwritten or with one bit turned: told or mended, never shown as right."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from eval.benchmarks.crash import news, rounds, state
from eval.benchmarks.crash.writer import Trouble
from index import Archive, Article
from index.errors import ArchiveDamaged, ArchiveError
from tests.fakes import FakeEncoder

CATALOGUE = "catalogue.sqlite"
QUERIES = ["harbour grain", "ships in the rain", "report 7", "fish market", "observer"]
Found = list[list[tuple[str, float]]]


def story(n: int) -> Article:
    said = ["ships", "grain", "fish", "coal", "rain", "ice"]
    words = " ".join(f"{said[(n + i) % 6]} {said[(n * i) % 6]} {n * i}" for i in range(30))
    return Article(
        text=f"Report {n} of the harbour market: {words}.", id=f"report-{n}", date=f"2023-01-{1 + n % 28:02}"
    )  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive with several commits behind it."""
    folder = tmp_path_factory.mktemp("damage") / "whole"
    with Archive.open(folder, encoder=FakeEncoder()) as archive:
        archive.add(story(n) for n in range(40))
        archive.add([Article(text="An observer of the harbour.", id="observer")])
        archive.remove(["report-9"])
    return folder


@pytest.fixture(scope="module")
def wanted(whole: Path) -> Found:
    """What the searches find when the indexes are made from nothing."""
    folder = whole.with_name("fresh")
    shutil.copytree(whole, folder)
    for path in [*folder.glob("dense-*"), *folder.glob("lexical-*")]:
        shutil.rmtree(path)
    with Archive.open(folder, encoder=FakeEncoder()) as archive:
        return answers(archive)


@pytest.fixture
def copy(whole: Path, tmp_path: Path) -> Path:
    shutil.copytree(whole, tmp_path / "desk")
    return tmp_path / "desk"


def answers(archive: Archive) -> Found:
    return [[(h.passage.id, round(h.dense, 3)) for h in archive.search(query, 10)] for query in QUERIES]


def flip(path: Path, at: int, bit: int = 3) -> None:
    data = bytearray(path.read_bytes())
    data[at] ^= 1 << bit
    path.write_bytes(data)


# --- what can be made again ---------------------------------------------------------------------


def harms(path: Path) -> Iterator[tuple[str, Callable[[], object]]]:
    """Ways to spoil a file."""
    size = path.stat().st_size
    yield "deleted", path.unlink
    if size:
        yield "cut", lambda: os.truncate(path, size - 1)
        for at in sorted({0, size // 2, size - 1} if path.suffix in (".idx", ".faiss") else {size // 2}):
            yield f"bit turned at {at}", lambda at=at: flip(path, at)  # type: ignore[misc]
    if path.name == "stamp.json":
        yield "of another shape", lambda: path.write_text(json.dumps(["no", "stamp"]))
        yield "no JSON", lambda: path.write_bytes(b"\xff\xfe{")


def published(folder: Path) -> list[Path]:
    """The folders that the newest state points to."""
    with sqlite3.connect(folder / CATALOGUE) as db:
        (names,) = db.execute("SELECT dense, lexical FROM publications ORDER BY number DESC LIMIT 1")
    db.close()
    return [folder / name for name in names]


def test_every_index_file_is_proved_and_made_again_without_encoding(
    whole: Path, wanted: Found, tmp_path: Path
) -> None:
    folders = [path.name for path in published(whole)]
    names = [
        f"{folder}/{path.name}"
        for folder in folders
        for path in sorted((whole / folder).iterdir())
        if not path.name.startswith(".")  # tantivy's own notes, which no search reads
    ]
    spoiled = 0
    for name in names:
        for what, _ in harms(whole / name):
            copy = tmp_path / f"desk-{spoiled}"
            shutil.copytree(whole, copy)
            dict(harms(copy / name))[what]()
            encoder = FakeEncoder()
            with Archive.open(copy, encoder=encoder) as archive:
                assert answers(archive) == wanted, f"{name} {what}"
                assert len(encoder.encoded) == len(QUERIES), f"{name} {what}"
                again = {path.name for path in published(copy)}
                assert Path(name).name.startswith(".") or again != set(folders), (
                    f"{name} {what} was not noticed"
                )
            spoiled += 1
            shutil.rmtree(copy)
    assert spoiled > 30


def test_index_folders_that_are_gone_are_made_again(copy: Path, wanted: Found) -> None:
    for folder in published(copy):
        shutil.rmtree(folder)
    encoder = FakeEncoder()
    with Archive.open(copy, encoder=encoder) as archive:
        assert answers(archive) == wanted and len(encoder.encoded) == len(QUERIES)
        assert archive.check().ok and all(path.is_dir() for path in published(copy))


# --- the catalogue ------------------------------------------------------------------------------


def looked_at(folder: Path) -> tuple[list[str], list[Article]]:
    """What is told of an archive, and whatever of it is shown nonetheless."""
    told: list[str] = []
    shown: list[Article] = []
    try:
        with Archive.open(folder, encoder=FakeEncoder()) as archive:
            looks: list[Callable[[], object]] = [
                lambda: shown.extend(archive.articles()),
                lambda: [shown.append(archive.article(f"report-{n}")) for n in range(40) if n != 9],  # type: ignore[func-returns-value]
                lambda: [archive.passages(f"report-{n}") for n in range(40) if n != 9],
                lambda: answers(archive),
            ]
            for look in looks:
                try:
                    look()
                except ArchiveError as error:
                    told.append(str(error))
            told += [check.detail for check in archive.check().checks if not check.ok]
    except ArchiveError as error:
        told.append(str(error))
    return told, shown


def is_told(told: list[str]) -> bool:
    return bool(told) and all("\n" not in line for line in told) and any("index" in line for line in told)


def test_a_page_lost_anywhere_in_the_catalogue_is_told(copy: Path) -> None:
    data = (copy / CATALOGUE).read_bytes()
    originals = {story(n).text for n in range(40)} | {"An observer of the harbour."}
    for page in range(0, len(data) // 4096, 3):
        spoiled = bytearray(data)
        spoiled[4096 * page : 4096 * (page + 1)] = bytes(4096)
        (copy / CATALOGUE).write_bytes(spoiled)
        told, shown = looked_at(copy)
        assert is_told(told), f"page {page}"
        assert {article.text for article in shown} <= originals, f"page {page}"


@pytest.mark.parametrize("kept", [60, 4096, 0.5, -4096, -100])
def test_a_catalogue_that_was_cut_is_told(copy: Path, kept: float) -> None:
    size = (copy / CATALOGUE).stat().st_size
    os.truncate(copy / CATALOGUE, int(kept * size) if 0 < kept < 1 else int(kept) % size)
    told, _ = looked_at(copy)
    assert is_told(told)


def test_an_overwritten_header_names_the_remedy(copy: Path) -> None:
    data = (copy / CATALOGUE).read_bytes()
    (copy / CATALOGUE).write_bytes(b"lost and gone" + data[13:])
    with pytest.raises(
        ArchiveDamaged, match="from a backup, or delete the folder and index your articles again"
    ):
        Archive.open(copy, encoder=FakeEncoder())


def test_a_bit_turned_in_any_text_is_told_and_never_shown(copy: Path) -> None:
    data = (copy / CATALOGUE).read_bytes()
    said = b"Report 17 of the harbour market"
    places = [at for at in range(len(data)) if data.startswith(said, at)]
    assert len(places) >= 3  # title, text, passage
    for at in places:
        flip(copy / CATALOGUE, at + 20, bit=0)
        told, shown = looked_at(copy)
        assert is_told(told) and all("harbour" in (a.text + a.title) for a in shown)
        with Archive.open(copy, encoder=FakeEncoder()) as archive:
            assert not archive.check().ok
        assert {a.digest() for a in shown} <= {story(n).digest() for n in range(40)} | {
            Article(text="An observer of the harbour.", id="observer").digest()
        }
        (copy / CATALOGUE).write_bytes(data)


@pytest.mark.parametrize("bit", [9, 12, 14, 15])
def test_a_bit_turned_in_a_vector_is_found_by_check(copy: Path, bit: int) -> None:
    with sqlite3.connect(copy / CATALOGUE) as db:
        ((blob,),) = db.execute("SELECT vector FROM vectors LIMIT 1 OFFSET 20")
    db.close()
    at = (copy / CATALOGUE).read_bytes().find(blob)
    largest = int(np.argmax(np.frombuffer(blob, np.float16)))
    flip(copy / CATALOGUE, at + 2 * largest + bit // 8, bit % 8)
    with Archive.open(copy, encoder=FakeEncoder()) as archive:
        report = archive.check(sample=0)  # none encoded again: found by comparison alone
        wrong = [check for check in report.checks if not check.ok]
        assert [check.name for check in wrong] == ["vectors"] and "from a backup" in wrong[0].detail


# --- beside the catalogue -----------------------------------------------------------------------


def test_an_old_backup_beside_newer_indexes_serves_its_own_state(copy: Path) -> None:
    backup = (copy / CATALOGUE).read_bytes()
    with Archive.open(copy, encoder=FakeEncoder()) as archive:
        before = answers(archive)
        archive.add(story(n) for n in range(60, 70))
        archive.remove(["report-1", "report-2"])
    (copy / CATALOGUE).write_bytes(backup)
    encoder = FakeEncoder()
    with Archive.open(copy, encoder=encoder) as archive:
        assert [[i for i, _ in one] for one in answers(archive)] == [[i for i, _ in one] for one in before]
        assert len(encoder.encoded) == len(QUERIES) and archive.check().ok
        assert archive.add(story(n) for n in range(60, 62)).added == 2
        assert archive.check().ok and not archive.remove(["report-65"])


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL is of POSIX systems")
@pytest.mark.parametrize("kept", [0, 0.3, 0.7, 0.99])
def test_a_log_lost_or_cut_after_a_crash_leaves_an_earlier_state_or_is_told(
    crashed: Path, tmp_path: Path, kept: float
) -> None:
    folder = tmp_path / "desk"
    shutil.copytree(crashed / "desk", folder)
    log = folder / f"{CATALOGUE}-wal"
    (folder / f"{CATALOGUE}-shm").unlink(missing_ok=True)
    if kept:
        os.truncate(log, int(log.stat().st_size * kept))
    else:
        log.unlink()
    try:
        with state.open_archive(folder) as archive:
            assert archive.check().ok
            archive.sync(crashed / "news")
            assert archive.check().ok
            with state.open_archive(crashed / "whole") as other:
                assert state.tables(archive._catalogue) == state.tables(other._catalogue)
    except ArchiveDamaged as error:
        assert "from a backup" in str(error)


@pytest.fixture(scope="module")
def crashed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A writer killed with much of its work in SQLite's log only; and the same work done in full."""
    folder = tmp_path_factory.mktemp("crashed")
    news.write(folder / "news")
    with rounds.child(folder / "desk", folder / "news", Trouble("before commit", 9)) as writing:
        writing.listen()
    assert (folder / "desk" / f"{CATALOGUE}-wal").stat().st_size > 100_000
    with state.open_archive(folder / "whole") as archive:
        archive.sync(folder / "news")
    return folder
