"""A real model of random weights, served and in process: its nonsense is refused, the archive answers."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from index import Archive, Article
from rag import Answer, Assistant
from rag.llms import load_llm
from rag.settings import load_settings
from tests.tiny_model import make_tiny_model

QUESTION = "What did Ukraine recapture in the Black Sea?"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tiny_model(tmp_path_factory.mktemp("tiny"), positions=4096)


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Archive]:
    with Archive.open(tmp_path_factory.mktemp("archive")) as made:
        made.add(
            [Article(text="Ukraine recaptured an oil and gas platform in the Black Sea.", date="2023-11-08")]
        )
        yield made


def assert_nonsense_is_refused(answer: Answer) -> None:
    assert answer.model == "extractive" and not answer.abstained
    assert answer.text == "Ukraine recaptured an oil and gas platform in the Black Sea. [1]"
    assert "could be checked" in (answer.reason or "") or "could not be checked" in (answer.reason or "")


def test_served_by_its_own_process(archive: Archive, folder: Path) -> None:
    program = [sys.executable, str(Path(__file__).with_name("tiny_model.py")), str(folder)]
    with subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as serving:
        assert serving.stdout is not None and serving.stdin is not None
        port = int(serving.stdout.readline())
        spec = f"http://127.0.0.1:{port}/v1#tiny"
        llm = load_llm(spec, load_settings(llm_timeout_s=60))
        assert llm is not None and len("".join(llm.stream("a b c", "d e f")).split()) > 3, "it does write"
        answer = Assistant.open(archive, llm=llm).ask(QUESTION)
        serving.stdin.close()
    assert_nonsense_is_refused(answer)


def test_in_this_process(archive: Archive, folder: Path) -> None:
    before = set(threading.enumerate())
    settings = load_settings(llm_timeout_s=60)
    llm = load_llm(f"hf/{folder}", settings)
    assert llm is not None and len("".join(llm.stream("a b c", "d e f")).split()) > 3, "it does write"
    answer = Assistant.open(archive, llm=f"hf/{folder}", settings=settings).ask(QUESTION)
    assert_nonsense_is_refused(answer)
    assert set(threading.enumerate()) == before


def test_in_this_process_it_streams_and_stops(folder: Path) -> None:
    before = set(threading.enumerate())
    llm = load_llm(f"hf/{folder}", load_settings(llm_timeout_s=60))
    assert llm is not None
    words = llm.stream("a b c", "d e f")
    first = next(words)
    assert first and any(thread.name == "citedesk-llm" for thread in threading.enumerate())
    words.close()  # type: ignore[attr-defined]
    assert set(threading.enumerate()) == before


def test_in_this_process_a_short_reply_is_short(folder: Path) -> None:
    llm = load_llm(f"hf/{folder}", load_settings(llm_timeout_s=60))
    brief = llm.brief(60, 5)  # type: ignore[union-attr]
    assert len("".join(brief.stream("a b c", "d e f")).split()) <= 5
