"""Conversations and feedback by the API: kept, paged, and nobody else's."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from index.archive import Archive
from index.errors import LLMError
from rag.answer import Answer
from rag.assistant import Assistant
from rag.settings import Settings
from tests.as_person import ANN, BOB, EVE, As
from tests.fake_desk import FakeDesk, answered, service_of
from ui.api import create_app
from ui.pack import check_pack
from ui.people import Person


class Server:
    """One service, and a client for each of three people."""

    def __init__(self, *answers: Answer | Exception) -> None:
        self.desk = FakeDesk(*answers)
        self.service = service_of(self.desk, llms=("ollama/other",))
        self.app = create_app(self.service)
        self.ann, self.bob, self.eve = (self.client(person) for person in (ANN, BOB, EVE))

    def client(self, person: Person) -> TestClient:
        return TestClient(As(self.app, person), raise_server_exceptions=False)

    def new(self, client: TestClient | None = None) -> str:
        made = (client or self.ann).post("/v1/conversations", json={})
        assert made.status_code == 201
        return str(made.json()["id"])

    def ask(self, key: str, question: str = "Who left?", **more: Any) -> dict[str, Any]:
        body = {"question": question, "conversation": key, **more}
        return dict(self.ann.post("/v1/ask", json=body).json())


def test_a_question_within_a_conversation_is_kept_and_its_follow_up_knows_it() -> None:
    server = Server(answered("Who left?"), answered("When?"))
    key = server.new()
    first = server.ask(key, as_of="2023-11-08")
    assert first["conversation"] == key
    server.ask(key, "When?")
    assert [turn.question for turn in server.desk.asked[1][1]["history"]] == ["Who left?"]
    page = server.ann.get(f"/v1/conversations/{key}").json()
    assert (page["conversation"]["title"], page["conversation"]["exchanges"]) == ("Who left?", 2)
    kept = page["exchanges"][0]
    assert (kept["id"], kept["state"], kept["asked"]) == (
        first["exchange"],
        "answered",
        {"as_of": "2023-11-08"},
    )
    assert kept["answer"] == {name: first[name] for name in kept["answer"]}


def test_a_failed_question_says_why_then_and_later() -> None:
    server = Server(LLMError("the LLM went away; ask again"))
    key = server.new()
    assert server.ask(key)["detail"] == "the LLM went away; ask again"
    (kept,) = server.ann.get(f"/v1/conversations/{key}").json()["exchanges"]
    assert (kept["state"], kept["problem"]) == ("failed", "the LLM went away; ask again")


@pytest.mark.parametrize(
    ("more", "status", "says"),
    [
        ({"conversation": "0" * 32}, 404, "no conversation"),
        ({"conversation": "../../etc/passwd"}, 422, "conversation"),
        ({"llm": "http://evil.example/v1#m"}, 400, "ollama/other"),
        ({"history": [{"question": "a", "answer": "b"}]}, 400, "one of the two"),
        ({"question": "a\0b"}, 422, "NUL"),
        ({"question": "a\ud800b"}, 422, "surrogate"),
    ],
)
def test_what_cannot_be_asked_is_not_written_down(more: dict[str, Any], status: int, says: str) -> None:
    server = Server(answered())
    key = server.new()
    body = json.dumps({"question": "q", "conversation": key, **more})
    refused = server.ann.post("/v1/ask", content=body, headers={"content-type": "application/json"})
    assert refused.status_code == status and says in refused.json()["detail"]
    assert server.ann.get(f"/v1/conversations/{key}").json()["exchanges"] == []
    assert server.desk.asked == []


def test_conversations_are_listed_renamed_and_deleted() -> None:
    server = Server()
    old, new = server.new(), server.new()
    renamed = server.ann.patch(f"/v1/conversations/{old}", json={"title": " The  <b>flood</b> "})
    assert renamed.json()["title"] == "The <b>flood</b>"
    listed = server.ann.get("/v1/conversations").json()["conversations"]
    assert {one["id"] for one in listed} == {old, new}
    assert (
        len(server.ann.get("/v1/conversations", params={"limit": 1, "offset": 1}).json()["conversations"])
        == 1
    )
    assert server.ann.delete(f"/v1/conversations/{old}").status_code == 204
    assert server.ann.delete(f"/v1/conversations/{old}").status_code == 404
    assert [one["id"] for one in server.ann.get("/v1/conversations").json()["conversations"]] == [new]


def test_exchanges_come_in_pages_from_the_end() -> None:
    server = Server()
    key = server.new()
    for number in range(1, 8):
        server.service.conversations.begin("ann", key, f"Question {number}")
    asked: list[str] = []
    before: int | None = None
    while True:
        params = {"last": 3} | ({"before": before} if before else {})
        page = server.ann.get(f"/v1/conversations/{key}", params=params).json()
        asked = [each["question"] for each in page["exchanges"]] + asked
        if (before := page["before"]) is None:
            break
    assert asked == [f"Question {number}" for number in range(1, 8)]


def test_what_is_anns_does_not_exist_for_bob_nor_for_an_editor() -> None:
    server = Server(answered())
    key = server.new()
    exchange = server.ask(key)["exchange"]
    for other in (server.bob, server.eve):
        assert other.get("/v1/conversations").json()["conversations"] == []
        for method, path, body in [
            ("GET", f"/v1/conversations/{key}", None),
            ("PATCH", f"/v1/conversations/{key}", {"title": "mine"}),
            ("DELETE", f"/v1/conversations/{key}", None),
            ("POST", "/v1/ask", {"question": "q", "conversation": key}),
            ("POST", "/v1/feedback", {"exchange": exchange, "good": False}),
            ("DELETE", f"/v1/feedback/{exchange}", None),
        ]:
            refused = other.request(method, path, json=body)
            assert refused.status_code == 404, (method, path)
            assert refused.json()["type"] == "urn:citedesk:problem:conversation-not-found"


def test_feedback_is_given_changed_taken_back_and_read_by_editors_as_gold() -> None:
    server = Server(answered("Who left?"))
    exchange = server.ask(key := server.new())["exchange"]

    def thumb() -> bool | None:
        return server.ann.get(f"/v1/conversations/{key}").json()["exchanges"][0]["good"]  # type: ignore[no-any-return]

    assert thumb() is None
    for good in (False, True):
        said = {"exchange": exchange, "good": good, "reason": "line 1\nline 2"}
        assert server.ann.post("/v1/feedback", json=said).status_code == 204
        assert thumb() is good
    gold = server.eve.get("/v1/feedback")
    assert gold.headers["content-type"] == "application/x-ndjson"
    (line,) = gold.text.splitlines()
    assert json.loads(line)["answers"] == ["mayor"] and json.loads(line)["reason"] == "line 1\nline 2"
    assert server.ann.get("/v1/feedback").status_code == 403
    assert server.ann.delete(f"/v1/feedback/{exchange}").status_code == 204
    assert thumb() is None and server.eve.get("/v1/feedback").text == ""


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/metrics", None),
        ("GET", "/v1/feedback", None),
        ("POST", "/v1/articles", {"articles": [{"text": "It rained."}]}),
        ("DELETE", "/v1/articles/a1", None),
    ],
)
def test_what_is_for_editors_is_refused_to_readers(method: str, path: str, body: Any) -> None:
    refused = Server().ann.request(method, path, json=body)
    assert refused.status_code == 403
    assert "ann is a reader" in refused.json()["detail"]


def test_a_reader_is_refused_before_an_upload_is_read() -> None:
    files = {"file": ("a.txt", b"It rained.")}
    assert Server().ann.post("/v1/articles/files", files=files).status_code == 403


@pytest.mark.parametrize(
    ("asked", "kind", "holds"),
    [
        ("markdown", "text/markdown; charset=utf-8", "Who left?"),
        ("html", "text/html; charset=utf-8", "Who left"),
        ("pack", "application/zip", ""),
    ],
)
def test_a_conversation_can_be_taken_away(
    asked: str, kind: str, holds: str, archive: Archive, tmp_path: Path
) -> None:
    service = service_of(Assistant.open(archive, settings=Settings()))
    client = TestClient(As(create_app(service), ANN))
    key = client.post("/v1/conversations", json={}).json()["id"]
    client.post("/v1/ask", json={"question": "Who left?", "conversation": key})
    saved = client.get(f"/v1/conversations/{key}/export", params={"format": asked})
    assert saved.status_code == 200, saved.text
    assert saved.headers["content-type"] == kind
    assert saved.headers["content-disposition"].startswith(f'attachment; filename="citedesk-{key[:8]}.')
    assert holds in (saved.text if holds else "")
    if asked == "pack":
        (tmp_path / "pack.zip").write_bytes(saved.content)
        assert check_pack(tmp_path / "pack.zip", archive).ok
    bob = TestClient(As(create_app(service), BOB))
    assert bob.get(f"/v1/conversations/{key}/export", params={"format": asked}).status_code == 404
