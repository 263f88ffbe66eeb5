"""Processes that search, and one that writes, over articles of which every state is known."""

from __future__ import annotations

import json
import traceback
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Event
from pathlib import Path

from index import Archive, Article
from index.errors import ArticleNotFound
from tests.fakes import FakeEncoder

GENERATIONS = 16
PATIENCE_S = 60.0

FILLER = [
    Article(text=f"Filler number {n} tells of ships, grain and rain in the harbour.", id=f"filler-{n}")
    for n in range(40)
]


def generation(n: int) -> list[Article]:
    """The articles of a generation: X says which; of the flock there are as many as X says."""
    mark = "alpha" if n % 2 else "beta"
    flock = 1 + n % 3
    text = f"The harbour report is {mark}. Generation {n} counts {flock} in the flock. " + "Rain fell. " * (
        n % 5
    )
    return [
        Article(text=text, id="X"),
        *(
            Article(text=f"Zebrafinch sighted by observer {i} of generation {n}.", id=f"flock-{i}")
            for i in range(flock)
        ),
        *(Article(text=f"Castor and Pollux: {name} in generation {n}.", id=name) for name in _twins(n)),
    ]


def _twins(n: int) -> list[str]:
    return ["castor", "pollux"] if n % 2 else []


def look(archive: Archive) -> None:
    """One look at the archive: every search must see one generation whole."""
    hits = archive.search("harbour report alpha beta zebrafinch castor pollux flock generation", k=100)
    said = {h.passage.article_id: h.passage.text for h in hits}
    assert len(said) == len(hits), "an article was seen twice"
    assert "X" in said, "the replaced article was not seen at all"
    seen = [n for n in range(GENERATIONS) if f"Generation {n} " in said["X"]]
    assert len(seen) == 1
    expected = {article.id for article in generation(seen[0])} | {article.id for article in FILLER}
    assert set(said) == expected, f"generation {seen[0]}: {sorted(set(said) ^ expected)}"
    for text in said.values():
        assert "Filler" in text or f"eneration {seen[0]}" in text, text
    one = archive.search("zebrafinch", k=100)
    assert {h.lexical > 0 for h in one if "Zebrafinch" in h.passage.text} == {True}
    for hit in hits:
        passage = hit.passage
        try:
            article = archive.article(passage.article_id)
        except ArticleNotFound:  # removed between the search and now
            assert passage.article_id in {"castor", "pollux", "flock-1", "flock-2"}
            continue
        if article.text[passage.start : passage.end] != passage.text:  # replaced between the search and now
            try:
                found = archive.cited(passage.article_id, passage.start, passage.end, passage.text)
            except ArticleNotFound:  # removed, with its versions, and added again
                assert passage.article_id in {"castor", "pollux", "flock-1", "flock-2"}
                continue
            assert found.article.text[passage.start : passage.end] == passage.text


def read(told: Connection, folder: Path, done: Event) -> None:
    """A reader: looks until the writer is done, and once more; tells how often, or what was wrong."""
    looks = 0
    try:
        with Archive.open(folder, encoder=FakeEncoder()) as archive:
            while True:
                last = done.is_set()
                look(archive)
                looks += 1
                if looks == 1:
                    told.send("looked")
                if last:
                    break
        told.send(looks)
    except BaseException as error:  # noqa: BLE001 - carried to the test
        told.send("".join(traceback.format_exception(error)))


def write(told: Connection, folder: Path, go: Event, done: Event) -> None:
    """The writer: one generation after another, each in one transaction of the catalogue."""
    try:
        with Archive.open(folder, encoder=FakeEncoder()) as archive:
            go.wait(PATIENCE_S)
            for n in range(1, GENERATIONS):
                change(archive, n)
            told.send(n)
    except BaseException as error:  # noqa: BLE001 - carried to the test
        told.send("".join(traceback.format_exception(error)))
    finally:
        done.set()


def change(archive: Archive, n: int) -> None:
    """From one generation to the next. A file that is rewritten changes in one step."""
    path = archive.path.parent / "wire.jsonl"
    put(path, n)
    report = archive.sync(path)
    assert not report.problems and report.changed


def put(path: Path, n: int) -> None:
    lines = [json.dumps({"id": article.id, "text": article.text}) for article in [*generation(n), *FILLER]]
    path.write_text("\n".join(lines), "utf-8")
