"""One round: a process indexes and is killed, what it stored is looked at, another run finishes the work."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerContext
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from eval.benchmarks.crash import news, state, writer
from eval.benchmarks.crash.writer import Trouble
from index.archive import Archive
from index.errors import CitedeskError
from index.publications import KEPT

PATIENCE_S = 120.0
NONE = Trouble()
"""Nothing goes wrong."""


@dataclass(frozen=True, slots=True)
class Scene:
    """A sync to interrupt: the archive before it (None: there is none), the files, what must come of it."""

    name: str
    before: Path | None
    files: Path
    tables: dict[str, list[Any]]
    answers: list[list[state.Answer]]
    problems: frozenset[Any]


@dataclass(frozen=True, slots=True)
class Outcome:
    """Where the end fell (commits stored, and whether one was under way) and what was wrong then."""

    commits: int
    within_commit: bool
    finished: bool
    said: str
    failures: tuple[str, ...]


@dataclass(slots=True)
class Child:
    """A writing process and what it has told."""

    process: BaseProcess
    pipe: Connection
    heard: list[tuple[str, str]] = field(default_factory=list)

    def hear(self, timeout_s: float = PATIENCE_S) -> tuple[str, str] | None:
        """The next thing that it tells; None if it has ended or the time is over."""
        try:
            if not self.pipe.poll(timeout_s):
                return None
            self.heard.append(self.pipe.recv())
        except (EOFError, ConnectionResetError):
            return None
        return self.heard[-1]

    def listen(self) -> None:
        """Hear it to its end."""
        while self.hear():
            pass
        self.process.join(PATIENCE_S)


def prepared() -> ForkServerContext:
    """Where processes start in milliseconds: copies of one that has imported all that they need."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(
        ["eval.benchmarks.crash.writer", "trafilatura", "tantivy", "faiss", "rensa", "xxhash"]
    )
    return context


@contextmanager
def child(archive: Path, files: Path, trouble: Trouble = NONE) -> Iterator[Child]:
    """A process of its own that syncs; killed at the end of the block if it still runs."""
    context = prepared()
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=writer.run, args=(theirs, archive, files, trouble), daemon=True)
    process.start()
    theirs.close()
    try:
        yield Child(process, ours)
    finally:
        process.kill()
        process.join()
        process.close()
        ours.close()


def scenes(folder: Path) -> list[Scene]:
    """A first sync, and an update of what it left."""
    first, edited = folder / "news", folder / "edited"
    news.write(first)
    news.write(edited)
    made = _scene("first sync", None, first, folder / "whole-1")
    with state.open_archive(folder / "before") as archive:
        archive.sync(edited)
    news.edit(edited)
    return [made, _scene("update", folder / "before", edited, folder / "whole-2")]


def _scene(name: str, before: Path | None, files: Path, whole: Path) -> Scene:
    if before:
        shutil.copytree(before, whole)
    with child(whole, files) as writing:
        writing.listen()
        if not writing.heard or writing.heard[-1][0] != "done":
            raise RuntimeError(f"the uninterrupted run ended with {writing.heard[-1:]}")
    with state.open_archive(whole) as archive:
        problems = frozenset(archive.sync(files).problems)
        return Scene(name, before, files, state.tables(archive._catalogue), state.answers(archive), problems)


def play(scene: Scene, archive: Path, trouble: Trouble, after_s: float | None = None) -> Outcome:
    """Interrupt the sync of a scene, after some seconds or by its own trouble, and look at what is left."""
    shutil.rmtree(archive, ignore_errors=True)
    if scene.before:
        shutil.copytree(scene.before, archive)
    with child(archive, scene.files, trouble) as writing:
        if writing.hear() != ("begun", ""):
            raise RuntimeError("the process did not start")
        if after_s is not None:
            writing.process.join(after_s)
            writing.process.kill()
        writing.listen()
    told = [(kind, said) for kind, said in writing.heard if kind in ("coming", "stored")]
    ended = next(((k, s) for k, s in writing.heard if k not in ("begun", "coming", "stored")), ("killed", ""))
    stored, coming = _promised(told)
    failures = [*_left(archive, stored, coming), *_finished(scene, archive)]
    commits = sum(kind == "stored" for kind, _ in told)
    return Outcome(commits, coming is not None, ended[0] == "done", ": ".join(ended), tuple(failures))


def _promised(told: list[tuple[str, str]]) -> tuple[str | None, str | None]:
    """The last state that was stored, and the one that was about to be."""
    stored = coming = None
    for kind, said in told:
        stored, coming = (coming, None) if kind == "stored" else (stored, said)
    return stored, coming


def _left(archive: Path, stored: str | None, coming: str | None) -> Iterator[str]:
    """What is wrong with the archive as the interruption left it."""
    if not (archive / "catalogue.sqlite").exists():
        if stored or coming:
            yield "the catalogue is gone"
        return
    try:
        with state.open_archive(archive) as opened:
            found = state.digest(opened._catalogue)
            if stored and found not in (stored, coming):
                yield "what is there is neither what was stored last nor what was about to be"
            yield from _unsound(opened)
    except CitedeskError as error:
        yield f"cannot be opened: {error}"


def _unsound(opened: Archive) -> Iterator[str]:
    yield from (f"check: {one.name}: {one.detail}" for one in opened.check(sample=20).checks if not one.ok)


def _finished(scene: Scene, archive: Path) -> Iterator[str]:
    """What differs, after one more run, from a run that was never interrupted."""
    try:
        with state.open_archive(archive) as opened:
            report = opened.sync(scene.files)
            if frozenset(report.problems) != scene.problems:
                yield "other problems are reported"
            found = state.tables(opened._catalogue)
            yield from (f"other {name}" for name, rows in scene.tables.items() if found[name] != rows)
            answers = state.answers(opened)
            wrong = [i for i, one in enumerate(scene.answers) if not state.alike(answers[i], one)]
            if wrong:
                at = _difference(answers[wrong[0]], scene.answers[wrong[0]])
                yield f"{len(wrong)} queries find something else: {at}"
            yield from _unsound(opened)
        left = sorted(path.name for path in archive.iterdir())
        kinds = [name.split("-")[0] for name in left]
        if max(kinds.count("dense"), kinds.count("lexical")) > KEPT + 1:  # swept before a run publishes
            yield f"old folders are left: {left}"
    except CitedeskError as error:
        yield f"cannot be finished: {error}"


def _difference(found: list[Any], wanted: list[Any]) -> str:
    return next((f"{a} where {b} is" for a, b in zip(found, wanted, strict=False) if a != b), "fewer")


def interrupt(child: Child) -> None:
    """Ctrl-C."""
    os.kill(child.process.pid or 0, signal.SIGINT)
