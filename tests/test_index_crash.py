"""Indexing that ends too early: killed, interrupted, or out of disk. Nothing that was stored is lost."""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from eval.benchmarks.crash import rounds, state
from eval.benchmarks.crash.plan import kills
from eval.benchmarks.crash.rounds import Outcome, Scene
from eval.benchmarks.crash.writer import Trouble
from index import Archive, Article, intake
from index.errors import ArchiveLocked

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL and limits are of POSIX systems")


@pytest.fixture(scope="module")
def place() -> Iterator[Path]:
    """A folder in memory where there is one: what is killed here is a process, not the machine."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if os.access(memory, os.W_OK) else None) as folder:
        yield Path(folder)


@pytest.fixture(scope="module")
def scenes(place: Path) -> list[Scene]:
    return rounds.scenes(place)


@pytest.fixture(scope="module")
def first(scenes: list[Scene]) -> Scene:
    return scenes[0]


@pytest.fixture(scope="module")
def update(scenes: list[Scene]) -> Scene:
    return scenes[1]


def test_killed_at_any_moment_nothing_stored_is_lost_and_the_work_can_be_finished(
    scenes: list[Scene], place: Path
) -> None:
    played = list(kills(scenes, place, 16, seed=7))
    assert [(scene.name, plan, o) for scene, plan, o in played if o.failures] == []
    assert sum(not o.finished for _, _, o in played) >= 8
    assert any(o.commits for _, _, o in played)


@pytest.mark.parametrize(("step", "nth"), [("sweep", 2), ("lexical", 2), ("seal", 1), ("after commit", 1)])
def test_ctrl_c_at_any_step_leaves_a_whole_archive(update: Scene, place: Path, step: str, nth: int) -> None:
    outcome = rounds.play(update, place / "ctrl-c", Trouble(step, nth, "interrupted"))
    assert outcome.failures == () and outcome.said == "interrupted: "
    assert outcome.commits


def test_ctrl_c_keeps_what_was_encoded(first: Scene, place: Path) -> None:
    archive = place / "kept"
    with rounds.child(archive, first.files) as writing:
        while writing.hear() != ("stored", ""):
            assert writing.heard, "the process ended"
        rounds.interrupt(writing)
        writing.listen()
    assert writing.heard[-1] == ("interrupted", "")
    with state.open_archive(archive) as opened:
        assert opened.check().ok and 0 < len(opened.articles()) < len(first.tables["articles"])
        kept = opened.status().passages
        report = opened.sync(first.files)
        assert report.passages <= len(first.tables["passages"]) - kept
        assert state.tables(opened._catalogue) == first.tables


# --- a full disk --------------------------------------------------------------------------------


def told_in_one_line(outcome: Outcome) -> bool:
    return outcome.said.startswith("Archive") and "\n" not in outcome.said and "Traceback" not in outcome.said


@pytest.mark.parametrize(("step", "nth"), [("lexical", 3), ("dense", 1), ("seal", 2)])
def test_a_full_disk_at_any_step_is_told_and_loses_nothing(
    first: Scene, place: Path, step: str, nth: int
) -> None:
    outcome = rounds.play(first, place / "full", Trouble(step, nth, "full"))
    assert told_in_one_line(outcome) and "No space left" in outcome.said and "is safe" in outcome.said
    assert outcome.failures == ()


@pytest.mark.parametrize(("scene", "kib"), [(0, 0.5), (0, 400), (1, 20), (1, 700)])
def test_files_that_may_not_grow_are_told_and_lose_nothing(
    scenes: list[Scene], place: Path, scene: int, kib: float
) -> None:
    outcome = rounds.play(scenes[scene], place / "full", Trouble(file_bytes=int(kib * 1024)))
    assert outcome.finished or told_in_one_line(outcome), outcome.said
    assert outcome.failures == ()


# --- one writer ---------------------------------------------------------------------------------


def test_a_second_writer_is_refused_until_the_first_is_dead(
    first: Scene, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("index.filling.WAIT_S", 0.0)
    archive = place / "locked"
    shutil.rmtree(archive, ignore_errors=True)
    with rounds.child(archive, first.files) as writing:
        while (writing.hear() or ("",))[0] != "coming":
            assert writing.process.is_alive()
        with Archive.open(archive, encoder=state.Words()) as second:
            with pytest.raises(ArchiveLocked, match="another process") as caught:
                second.add([Article(text="Too early.")])
            assert "\n" not in str(caught.value)
            writing.process.kill()
            writing.process.join()
            assert second.add([Article(text="Now.", id="now")]).added == 1
            assert second.check().ok


# --- reading one file is cut short --------------------------------------------------------------


def wire(path: Path, edited: set[int]) -> None:
    """Articles without an id: after an edit they are known again by their titles."""
    rows = [
        {"title": f"Story {n}", "text": f"Told {'again' if n in edited else 'once'}: {n}."}
        for n in range(150)
    ]
    path.write_text("\n".join(map(json.dumps, rows)), "utf-8")


def test_edits_of_a_file_that_was_cut_short_keep_their_earlier_versions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("index.intake._COMMIT_PASSAGES", 1)
    monkeypatch.setattr("index.intake._BATCH", 1)
    real, calls = intake.Intake.put, []

    def put(self: intake.Intake, *args: Any) -> None:
        calls.append(1)
        if len(calls) == 140:
            raise KeyboardInterrupt
        real(self, *args)

    wire(tmp_path / "wire.jsonl", set())
    with Archive.open(tmp_path / "desk", encoder=state.Words()) as archive:
        archive.sync(tmp_path)
        wire(tmp_path / "wire.jsonl", {3, 30, 145})
        with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
            patched.setattr(intake.Intake, "put", put)
            archive.sync(tmp_path)
        archive.sync(tmp_path)
        assert archive.status().versions == 3
        for article in archive.articles():
            if article.title in {"Story 3", "Story 30", "Story 145"}:
                assert "once" in archive.versions(article.id)[1].article.text
