"""What every test shares: no network beyond loopback, no user's settings, the seed article."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

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
def data() -> Path:
    """The folder of real news and questions; skips where it is absent."""
    if not DATA.is_dir():
        pytest.skip(f"no data at {DATA}: set CITEDESK_DATA to run this test")
    return DATA
