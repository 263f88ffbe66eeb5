"""The REST API: the same answers, and clear errors."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from index.archive import Archive
from index.errors import ArchiveDamaged, ArchiveEmpty, BadDate
from rag.answer import Answer, Turn
from rag.assistant import Assistant
from tests.fake_desk import FakeDesk, answered, service_of
from ui.api import MAX_BODY, create_app


def client_of(*answers: Answer | Exception) -> tuple[TestClient, FakeDesk]:
    desk = FakeDesk(*answers)
    return TestClient(create_app(service_of(desk)), raise_server_exceptions=False), desk


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory, seeds: Path) -> Iterator[TestClient]:
    """The API over the seed article."""
    with Archive.open(tmp_path_factory.mktemp("api") / "archive") as archive:
        archive.sync(seeds)
        with Assistant.open(archive) as desk, TestClient(create_app(service_of(desk))) as client:
            yield client


def test_ask_passes_history_dates_and_k_on() -> None:
    client, desk = client_of(answered())
    body = {
        "question": "When?",
        "history": [{"question": "What?", "answer": "Rain. [1]"}],
        "as_of": "2023-11-08",
        "since": "2023-11-01",
        "k": 3,
    }
    assert client.post("/v1/ask", json=body).status_code == 200
    question, options = desk.asked[0]
    assert question == "When?"
    assert options["history"] == (Turn("What?", "Rain. [1]"),)
    assert (options["as_of"], options["since"], options.get("until"), options["k"]) == (
        "2023-11-08", "2023-11-01", None, 3,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("body", "status", "says"),
    [
        ("{", 422, "JSON"),
        ("[]", 422, "the body"),
        ("{}", 422, "question"),
        ('{"question": "q", "nosuch": 1}', 422, "nosuch"),
        ('{"question": "q", "k": 0}', 422, "k"),
        ('{"question": "q", "history": [{"question": "a"}]}', 422, "history.0.answer"),
        (json.dumps({"question": "a" * 100_000}), 400, "100,000"),
        (json.dumps({"question": "a" * MAX_BODY}), 413, f"{MAX_BODY:,}"),
    ],
)
def test_bad_requests_get_one_clear_line(body: str, status: int, says: str) -> None:
    client, _ = client_of(answered())
    response = client.post("/v1/ask", content=body, headers={"content-type": "application/json"})
    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"
    assert set(response.json()) == {"type", "title", "status", "detail", "instance"}
    detail = response.json()["detail"]
    assert says in detail and "\n" not in detail and len(detail) < 300


def test_an_endless_body_is_refused_before_it_is_read_to_the_end() -> None:
    sent = 0

    def endless() -> Iterator[bytes]:
        nonlocal sent
        for _ in range(100):
            sent += 1
            yield b"a" * 100_000

    client, _ = client_of(answered())
    assert client.post("/v1/ask", content=endless()).status_code == 413


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (BadDate("date 'soon' is no calendar date; write it as 2023-11-08"), 400),
        (ArchiveEmpty("the archive holds no articles yet"), 503),
        (RuntimeError("secret path /home/x"), 500),
    ],
)
def test_errors_of_the_desk_are_told_without_a_trace(error: Exception, status: int) -> None:
    client, _ = client_of(error)
    response = client.post("/v1/ask", json={"question": "q"})
    assert response.status_code == status
    assert "Traceback" not in response.text and "secret" not in response.text
    assert response.json()["detail"]


def test_a_server_that_cannot_answer_is_not_ready_but_lives() -> None:
    desk = FakeDesk()
    service = service_of(desk)
    client = TestClient(create_app(service), raise_server_exceptions=False)
    assert client.get("/readyz").status_code == 200
    desk.archive.trouble = ArchiveDamaged("archive /home/x is damaged")
    for path, says in [("/readyz", "citedesk check"), ("/readyz", "citedesk check")]:
        refused = client.get(path)
        assert refused.status_code == 503 and says in refused.json()["detail"]
        assert "/home/x" not in refused.text, "anybody may read this"
    desk.archive.trouble = None
    service.conversations._engine.dispose()
    Path(str(service.conversations._engine.url.database)).unlink()
    assert client.get("/readyz").status_code == 503
    assert client.get("/v1/conversations").status_code == 503
    assert client.get("/healthz").status_code == 200


@pytest.mark.parametrize(
    "body", ['{"question": 1e999}', "[" * 100_000, '{"k": ' + "9" * 5000 + "}", b"\xff\xfe", "null"]
)
@pytest.mark.parametrize(
    "path", ["/v1/ask", "/v1/conversations", "/v1/feedback", "/v1/articles", "/v1/chat/completions"]
)
def test_no_body_is_so_odd_that_it_is_not_told_why(path: str, body: str | bytes) -> None:
    client, _ = client_of(answered())
    for kind in ("application/json", "text/plain", "nonsense", ""):
        response = client.post(path, content=body, headers={"content-type": kind} if kind else {})
        assert response.status_code in (400, 422), (kind, response.text)
        assert response.headers["content-type"] == "application/problem+json"


def test_unknown_paths_and_methods_say_what_there_is() -> None:
    client, _ = client_of()
    assert client.get("/v1/nosuch").status_code == 404
    assert "/v1/ask" in client.get("/v1/nosuch").json()["detail"]
    assert client.get("/v1/ask").status_code == 405


def test_no_page_of_the_api_asks_another_host_for_scripts() -> None:
    client, _ = client_of()
    assert client.get("/docs").status_code == 404
    assert "/v1/ask" in client.get("/openapi.json").json()["paths"]


def test_probes_are_quiet_and_the_archive_says_what_it_holds(real: TestClient) -> None:
    assert real.get("/healthz").json() == real.get("/readyz").json() == {"status": "ok"}
    held = real.get("/v1/archive").json()
    assert (held["articles"], held["newest"], held["llms"]) == (1, "2023-11-08", ["extractive"])


def test_a_real_question_is_answered_with_an_exact_quote(real: TestClient, seeds: Path) -> None:
    answer = real.post("/v1/ask", json={"question": "What did Ukraine recapture in the Black Sea?"}).json()
    assert answer["short"] == "oil and gas platform"
    citation = answer["citations"][0]
    text = next(seeds.glob("*.txt")).read_text(encoding="utf-8")
    assert text[citation["start"] : citation["end"]] == citation["quote"]


def test_a_follow_up_uses_the_history(real: TestClient) -> None:
    history = [{"question": "What did Ukraine recapture in the Black Sea?", "answer": "A platform. [1]"}]
    answer = real.post("/v1/ask", json={"question": "When was it seized?", "history": history}).json()
    assert answer["short"] == "2015"


def test_search_is_ranked_and_limited(real: TestClient) -> None:
    found = real.get("/v1/search", params={"q": "oil platform", "k": 2}).json()["passages"]
    assert len(found) == 2 and "oil and gas platform" in found[0]["text"]
    assert found[0]["score"] >= found[1]["score"]
    assert real.get("/v1/search", params={"q": "oil", "since": "2024-01-01"}).json()["passages"] == []
    assert real.get("/v1/search", params={"q": "oil", "since": "soon"}).status_code == 400
    assert real.get("/v1/search", params={"q": "oil", "k": 1000}).status_code == 422
