"""What every test shares: no network beyond loopback, no user's settings, the seed article."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from index.archive import Archive
from index.articles import Article, Passage
from index.sentences import blocks
from rag.evidence import Evidence
from tests.chromium import any_page, browser, page  # noqa: F401  fixtures
from tests.llm_server import LLMServer

ROOT = Path(__file__).resolve().parent.parent
DATA = Path(os.environ.get("CITEDESK_DATA", ROOT.parent / "shared" / "data"))


def pytest_runtest_setup() -> None:
    # pytest-socket: unix sockets are needed by asyncio, loopback by the servers under test.
    from pytest_socket import socket_allow_hosts

    socket_allow_hosts(["127.0.0.1", "::1", "localhost"], allow_unix_socket=True)


@pytest.fixture(autouse=True)
def _no_user_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys and settings of whoever runs the tests must not leak into them."""
    for name in list(os.environ):
        if name.startswith(("CITEDESK_", "OPENAI_", "OLLAMA_", "ANTHROPIC_")) and name not in (
            "CITEDESK_DATA",
            "CITEDESK_CACHE",
        ):
            monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def seeds() -> Path:
    """The folder with the user's own article."""
    return ROOT / "seeds"


@pytest.fixture(scope="session")
def evidence(seeds: Path) -> list[Evidence]:
    """Each story of the seed article as one passage: 3 is the platform, 5 the drones, 6 the workers."""
    text = next(seeds.iterdir()).read_text(encoding="utf-8")
    day = dt.date(2023, 11, 8)
    article = Article(text=text, date=day, title="Digest", body_start=len(" date 2023-11-08 "))
    spans = [(max(a, article.body_start), b) for a, b in blocks(text)]
    return [
        Evidence(article, Passage(article.id, a, b, text[a:b]), 1 - n / 10) for n, (a, b) in enumerate(spans)
    ]


@pytest.fixture(scope="session")
def data() -> Path:
    """The folder of real news and questions; skips where it is absent."""
    if not DATA.is_dir():
        pytest.skip(f"no data at {DATA}: set CITEDESK_DATA to run this test")
    return DATA


@pytest.fixture(scope="module")
def archive(seeds: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Archive]:
    """An archive of the seed article."""
    with Archive.open(tmp_path_factory.mktemp("archive")) as made:
        made.sync(seeds)
        yield made


@pytest.fixture(scope="module")
def server() -> Iterator[LLMServer]:
    """A scripted LLM server in a process of its own."""
    with LLMServer() as running:
        yield running
