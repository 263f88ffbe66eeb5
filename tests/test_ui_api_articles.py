"""Articles by the API: listed, read, added from JSON and from files, removed; nothing escapes its place."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from index.archive import Archive
from rag.assistant import Assistant
from rag.settings import Settings
from tests.as_person import EVE, As
from tests.fake_desk import service_of
from tests.fakes import FakeEncoder
from ui.api import MAX_BODY, create_app

RAIN = {"text": "It rained in Kyiv for days.", "title": "Rain", "date": "2023-11-08", "id": "rain"}
SNOW = {
    "text": "Snow fell in Oslo.",
    "title": "Snow in Oslo",
    "date": "2023-12-01",
    "url": "https://a.example/b",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "archive"


@pytest.fixture
def editor(folder: Path) -> Iterator[TestClient]:
    with Archive.open(folder, encoder=FakeEncoder()) as archive:
        archive.add([])
        desk = Assistant.open(archive, settings=Settings())
        app = create_app(service_of(desk, max_upload_mb=1.5))
        yield TestClient(As(app, EVE), raise_server_exceptions=False)


def add(client: TestClient, *articles: dict[str, Any]) -> dict[str, Any]:
    response = client.post("/v1/articles", json={"articles": list(articles)})
    assert response.status_code == 200, response.text
    return dict(response.json()["files"][0])


def titles(client: TestClient, **params: Any) -> list[str]:
    listed = client.get("/v1/articles", params=params).json()
    return [article["title"] for article in listed["articles"]]


def test_what_is_added_can_be_listed_read_and_removed(editor: TestClient) -> None:
    assert add(editor, RAIN, SNOW)["added"] == 2
    assert titles(editor) == ["Snow in Oslo", "Rain"]
    read = editor.get("/v1/articles/rain").json()
    assert (read["text"], read["date"], read["flagged"]) == (RAIN["text"], "2023-11-08", [])
    assert editor.delete("/v1/articles/rain").status_code == 204
    gone = editor.get("/v1/articles/rain")
    assert gone.status_code == 404 and gone.json()["type"] == "urn:citedesk:problem:article-not-found"
    assert editor.delete("/v1/articles/rain").status_code == 404
    assert editor.get("/v1/archive").json()["articles"] == 1
    assert editor.get("/v1/sources").json() == {"sources": [{"name": "a.example", "articles": 1}]}


def test_the_list_is_searched_by_title_and_date_and_paged(editor: TestClient) -> None:
    add(editor, RAIN, SNOW, {"text": "No day is known.", "title": "Undated rain"})
    assert titles(editor, title="RAIN") == ["Rain", "Undated rain"]
    assert titles(editor, since="2023-12-01") == ["Snow in Oslo"]
    assert titles(editor, title="rain", until="2023-11-30") == ["Rain"]
    assert titles(editor, limit=1, offset=1) == ["Rain"]
    assert editor.get("/v1/articles", params={"limit": 1, "title": "rain"}).json()["total"] == 2
    assert editor.get("/v1/articles", params={"since": "soon"}).status_code == 400
    assert editor.get("/v1/articles", params={"offset": 10**30}).status_code == 422


def test_an_article_that_is_given_again_replaces_the_one_of_its_id(editor: TestClient) -> None:
    add(editor, RAIN)
    report = add(editor, {**RAIN, "text": "It rained in Kyiv for three days."})
    assert (report["added"], report["changed"]) == (0, 1)
    assert "three days" in editor.get("/v1/articles/rain").json()["text"]


def test_what_cannot_be_taken_is_told_and_the_rest_goes_on(editor: TestClient) -> None:
    report = add(editor, RAIN, {"text": "Undatable.", "date": "soon"}, {"text": " ", "id": "blank"})
    assert report["added"] == 1
    assert [problem["source"] for problem in report["problems"]] == ["articles.1", "blank"]


def test_files_are_read_in_all_formats_and_each_is_reported(editor: TestClient) -> None:
    lines = "\n".join(json.dumps(article) for article in (RAIN, SNOW)) + "\n{not json\n"
    files = [
        ("file", ("wire.jsonl.gz", gzip.compress(lines.encode()))),
        ("file", ("note.txt", b" date 2023-11-09 The mayor resigned on Thursday.")),
        ("file", ("virus.exe", b"MZ")),
    ]
    response = editor.post("/v1/articles/files", files=files)
    wire, note, virus = response.json()["files"]
    assert (wire["name"], wire["added"], wire["problems"][0]["source"]) == (
        "wire.jsonl.gz",
        2,
        "wire.jsonl.gz:3",
    )
    assert (note["name"], note["added"], note["problems"]) == ("note.txt", 1, [])
    assert (virus["added"], virus["problems"][0]["source"]) == (0, "virus.exe")
    assert "citedesk-upload" not in response.text, "nobody need know where files lie for the moment"


@pytest.mark.parametrize(
    "name",
    [
        "../../evil.txt",
        "/etc/cron.d/evil.txt",
        "C:\\evil.txt",
        "..\\evil.txt",
        "evil\0.txt",
        "e" * 2000 + ".txt",
    ],
)
def test_no_name_of_an_upload_leads_out_of_its_place(editor: TestClient, folder: Path, name: str) -> None:
    before = set(folder.parent.rglob("*"))
    body = (
        b'--x\r\ncontent-disposition: form-data; name="file"; filename="%b"\r\n\r\nIt rained in Kyiv.\r\n--x--\r\n'
        % name.replace("\\", "\\\\").encode()
    )
    response = editor.post(
        "/v1/articles/files", content=body, headers={"content-type": "multipart/form-data; boundary=x"}
    )
    assert response.status_code == 200, response.text
    (report,) = response.json()["files"]
    assert report["added"] == 1 and "/" not in report["name"] and len(report["name"]) <= 200
    assert {path for path in set(folder.parent.rglob("*")) - before if "evil" in path.name} == set()
    assert not Path("/etc/cron.d/evil.txt").exists()


@pytest.mark.parametrize("path", ["..%2f..%2fetc%2fpasswd", "%2e%2e", "a%00b", "%ed%a0%80", "%ff", "a%2fb"])
def test_no_id_of_an_article_is_a_path(editor: TestClient, path: str) -> None:
    for method in ("GET", "DELETE"):
        response = editor.request(method, f"/v1/articles/{path}")
        assert response.status_code in (404, 422)
        assert response.headers["content-type"] == "application/problem+json"


def test_an_id_may_be_an_address(editor: TestClient) -> None:
    add(editor, {**RAIN, "id": "https://a.example/b?c=d#e"})
    shown = editor.get("/v1/articles/https%3A%2F%2Fa.example%2Fb%3Fc=d%23e").json()
    assert shown["id"] == "https://a.example/b?c=d#e"


@pytest.mark.parametrize(
    ("content_type", "body", "status"),
    [
        ("application/json", b"{}", 415),
        ("multipart/form-data", b"", 400),
        ("multipart/form-data; boundary=x", b"--x--\r\n", 400),
        (
            "multipart/form-data; boundary=x",
            b'--x\r\ncontent-disposition: form-data; name="file"\r\n\r\na\r\n--x--',
            400,
        ),
        ("multipart/form-data; boundary=x", b"garbage", 400),
        ("multipart/form-data; boundary=x", b"--x\r\n\r\na\r\n--x--", 400),
    ],
)
def test_what_is_no_form_with_a_file_is_refused(
    editor: TestClient, content_type: str, body: bytes, status: int
) -> None:
    response = editor.post("/v1/articles/files", content=body, headers={"content-type": content_type})
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("path", ["/v1/articles", "/v1/articles/files"])
def test_articles_beyond_the_limit_are_refused_also_if_their_size_was_not_announced(
    editor: TestClient, path: str
) -> None:
    def unannounced() -> Iterator[bytes]:
        yield b'--x\r\ncontent-disposition: form-data; name="file"; filename="a.txt"\r\n\r\n'
        for _ in range(4):
            yield b"a" * 1_000_000

    headers = {"content-type": "multipart/form-data; boundary=x"}
    response = editor.post(path, content=unannounced(), headers=headers)
    assert response.status_code == 413
    assert "1,500,000 bytes" in response.json()["detail"]
    assert editor.get("/v1/archive").json()["articles"] == 0


def test_articles_in_json_may_be_larger_than_a_question(editor: TestClient) -> None:
    assert add(editor, {"text": "It rained. " * (MAX_BODY // 10)})["added"] == 1
