"""Several processes at once: four search while one replaces and deletes, and none sees half of a change."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from eval.benchmarks.crash.rounds import prepared
from index import Archive, Article, derived
from tests import busy_desk
from tests.fakes import FakeEncoder

READERS = 4


@pytest.mark.skipif(sys.platform == "win32", reason="starts processes from a prepared one")
def test_four_readers_see_every_change_whole_while_one_writes(tmp_path: Path) -> None:
    context = prepared()
    go, done = context.Event(), context.Event()
    folder = tmp_path / "desk"
    with Archive.open(folder, encoder=FakeEncoder()) as archive:
        busy_desk.put(tmp_path / "wire.jsonl", 0)
        archive.sync(tmp_path / "wire.jsonl")
    pipes, processes = [], []
    for target, more in [(busy_desk.write, [go, done])] + [(busy_desk.read, [done])] * READERS:
        ours, theirs = context.Pipe(duplex=False)
        processes.append(context.Process(target=target, args=(theirs, folder, *more), daemon=True))
        processes[-1].start()
        theirs.close()
        pipes.append(ours)
    try:
        assert [pipe.recv() for pipe in pipes[1:]] == ["looked"] * READERS
        go.set()
        ends = [pipe.recv() for pipe in pipes]
    finally:
        for process in processes:
            process.kill()
            process.join()
    assert [end for end in ends if isinstance(end, str)] == []
    assert ends[0] == busy_desk.GENERATIONS - 1 and min(ends[1:]) >= 2
    with Archive.open(folder, encoder=FakeEncoder()) as archive:
        assert archive.check().ok
        busy_desk.look(archive)


def test_a_reader_that_writers_always_outrun_still_sees_one_state(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []

    def current(*args: Any) -> derived.Derived:
        found = real(*args)
        said.append(f"Harbour report {len(said)}.")
        writer.add([Article(text=said[-1], id="X")])
        return found

    with (
        Archive.open(tmp_path, encoder=FakeEncoder()) as writer,
        Archive.open(tmp_path, encoder=FakeEncoder()) as reader,
    ):
        writer.add([Article(text="Harbour report before.", id="X"), Article(text="Ships.", id="Y")])
        real = derived.current
        monkeypatch.setattr("index.derived.current", current)
        hits = reader.search("harbour report")
        assert sorted(hit.passage.text for hit in hits) == [said[-1], "Ships."]
