"""The process that is killed: one sync in many small commits, each announced before and after.

It may kill or interrupt itself at the n-th call of a step of publishing, or fail there as on a full disk.
"""

from __future__ import annotations

import errno
import os
import signal
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Literal

from eval.benchmarks.crash import state
from index import derived, filling, intake
from index.catalogue import Catalogue
from index.dense import Dense
from index.errors import CitedeskError
from index.lexical import Lexical

POINTS: dict[str, tuple[Any, str]] = {
    "fresh": (derived, "fresh"),
    "lexical": (Lexical, "write"),
    "dense": (Dense, "save"),
    "seal": (derived, "seal"),
    "publication": (derived, "write"),
    "sweep": (derived, "sweep"),
}
"""Steps of publishing, by the name under which they are found where they are called."""

STEPS = (*POINTS, "before commit", "after commit")


@dataclass(frozen=True, slots=True)
class Trouble:
    """What goes wrong at the ``nth`` time a step is reached: killed there, Ctrl-C, or the disk is full.

    ``file_bytes`` bounds every file that the process writes, as the system does it.
    """

    step: str = ""
    nth: int = 0
    how: Literal["killed", "interrupted", "full"] = "killed"
    file_bytes: int = 0


def small_commits() -> None:
    """Many commits in a short run, FAISS written several times among them."""
    intake._BATCH, intake._COMMIT_PASSAGES = 16, 48
    derived.dense.worn = _worn  # type: ignore[attr-defined]


def _worn(base: int, added: int, removed: int, *, settled: bool = True) -> bool:
    return added > (0 if settled else max(100, base // 2)) or removed > base // 4


def run(told: Connection, archive: Path, news: Path, trouble: Trouble) -> None:
    """Sync ``news`` into ``archive``; tell of each commit, and how it ended, in one line of text."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    small_commits()
    if trouble.file_bytes:
        import resource

        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (trouble.file_bytes, trouble.file_bytes))
    _arm(trouble)
    with _announced(told):
        told.send(("begun", ""))
        try:
            with state.open_archive(archive) as opened:
                report = opened.sync(news)
            told.send(("done", f"{report.total} articles, {len(report.problems)} problems"))
        except CitedeskError as error:
            told.send((type(error).__name__, str(error)))
        except KeyboardInterrupt:
            told.send(("interrupted", ""))


def _arm(trouble: Trouble) -> None:
    left = trouble.nth

    def strike() -> None:
        nonlocal left
        left -= 1
        if left == 0:
            if trouble.how == "full":
                raise OSError(errno.ENOSPC, "No space left on device")
            os.kill(os.getpid(), signal.SIGKILL if trouble.how == "killed" else signal.SIGINT)

    if trouble.step in POINTS:
        place, name = POINTS[trouble.step]
        _wrap(place, name, strike)
    elif trouble.step:
        _wrap_commit(strike, after=trouble.step == "after commit")


def _wrap(place: Any, name: str, strike: Callable[[], None]) -> None:
    real = getattr(place, name)

    def struck(*args: Any, **more: Any) -> Any:
        strike()
        return real(*args, **more)

    setattr(place, name, struck)


def _wrap_commit(strike: Callable[[], None], *, after: bool) -> None:
    real = Catalogue.rows

    def rows(self: Catalogue, sql: str, *params: object) -> list[Any]:
        if sql != "COMMIT":
            return real(self, sql, *params)
        if not after:
            strike()
        found = real(self, sql, *params)
        if after:
            strike()
        return found

    Catalogue.rows = rows  # type: ignore[method-assign]


@contextmanager
def _announced(told: Connection) -> Any:
    """Before each commit the state it will leave; after it, that it is stored."""
    publish, commit, settle = filling.publish, intake.Intake._commit, intake.Intake._settle

    def published(folder: Path, catalogue: Catalogue, *, settled: bool) -> None:
        publish(folder, catalogue, settled=settled)
        told.send(("coming", state.digest(catalogue)))

    def committed(self: intake.Intake, *, at_end: bool) -> None:
        commit(self, at_end=at_end)
        told.send(("stored", ""))

    def settled(self: intake.Intake) -> None:
        settle(self)
        told.send(("stored", ""))

    filling.publish = published
    intake.Intake._commit = committed  # type: ignore[method-assign]
    intake.Intake._settle = settled  # type: ignore[method-assign]
    yield
