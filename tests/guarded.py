"""A small app behind the guard, and those who may use it."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse
from fastapi.testclient import TestClient

from rag.settings import Settings
from tests.fake_desk import FakeDesk
from ui.guard import Guard
from ui.people import person_in
from ui.service import Service
from ui.store.conversations import Conversations
from ui.store.feedback import Feedback
from ui.store.people import People
from ui.store.schema import open_store

HERE = "http://127.0.0.1:7860"
PASSWORD = "correct horse battery"
ARTICLE = "The mayor resigned."


@cache
def small_app() -> FastAPI:
    app = FastAPI()

    @app.get("/", response_class=HTMLResponse)
    def page() -> str:
        return "<script>let a = 1</script><p>page</p>"

    @app.get("/whoami")
    @app.get("/healthz")
    @app.get("/v1/me")
    def whoami(request: Request) -> dict[str, Any]:
        person = person_in(request.scope)
        return {"name": person.name, "role": person.role, "request_id": request.state.request_id}

    @app.post("/v1/ask")
    @app.post("/v1/articles")
    @app.post("/gradio_api/upload")
    async def take(request: Request) -> dict[str, Any]:
        return {"bytes": len(await request.body()), "name": person_in(request.scope).name}

    @app.get("/articles/{key}")
    def broken(key: str) -> None:
        raise ValueError(f"{key}: {ARTICLE}")

    return app


def service_of(folder: Path, **settings: Any) -> Service:
    engine = open_store(folder / "c.sqlite3")
    kept = Conversations(engine)
    desk: Any = FakeDesk()
    return Service(desk, Settings(**settings), kept, Feedback(engine, kept), people=People(engine))


def client_of(service: Service, address: str = "127.0.0.1", base_url: str = HERE) -> TestClient:
    """A browser or program at an address; like a real one it does not follow redirects by itself."""
    guard = Guard(small_app(), service)
    return TestClient(
        guard,
        base_url=base_url,
        client=(address, 50_000),
        follow_redirects=False,
        raise_server_exceptions=False,
        headers={"user-agent": "test"},
    )
