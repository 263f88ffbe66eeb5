"""The guard: who asks, whose pages may, and what a browser may do with what it gets."""

from __future__ import annotations

from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from tests.guarded import HERE, client_of, service_of
from ui.guard.visitors import COOKIE

BROWSER = {"accept": "text/html,*/*", "sec-fetch-mode": "navigate", "sec-fetch-site": "none"}


@pytest.fixture
def client(tmp_path: Path) -> TestClient:
    return client_of(service_of(tmp_path))


def name_of(client: TestClient, **headers: str) -> str:
    return str(client.get("/whoami", headers=headers).json()["name"])


def test_a_program_is_local_and_gets_no_cookie(client: TestClient) -> None:
    answer = client.get("/whoami")
    assert (answer.json()["name"], answer.json()["role"]) == ("local", "editor")
    assert "set-cookie" not in answer.headers


def test_each_browser_is_an_owner_of_its_own_and_stays_so(tmp_path: Path) -> None:
    service = service_of(tmp_path)
    one, other = client_of(service), client_of(service)
    kept = one.get("/", headers=BROWSER).headers["set-cookie"]
    assert {"HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=31536000"} <= set(kept.split("; "))
    assert "Secure" not in kept
    other.get("/", headers=BROWSER)
    first = name_of(one)
    assert first.startswith("visitor:") and first == name_of(one) != name_of(other)
    assert "set-cookie" not in one.get("/", headers=BROWSER).headers
    assert one.cookies[COOKIE] not in first, "the name is shown in logs, and must not let others in"


def test_behind_https_the_cookie_is_for_https_alone(tmp_path: Path) -> None:
    client = client_of(service_of(tmp_path), base_url="https://localhost")
    assert "; Secure" in client.get("/", headers=BROWSER).headers["set-cookie"]


@pytest.mark.parametrize("forged", ["ann", "visitor:1", "a" * 42, "a" * 44, "é" * 43, "../" * 14 + "a"])
def test_a_made_up_cookie_is_nobodys(client: TestClient, forged: str) -> None:
    raw = [(b"cookie", f"{COOKIE}={forged}".encode())]
    assert client.get("/whoami", headers=raw).json()["name"] == "local"  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "header", ["x-forwarded-user", "x-remote-user", "remote-user", "x-user", "x-auth-request-user"]
)
def test_a_forged_header_counts_for_nothing(client: TestClient, header: str) -> None:
    assert name_of(client, **{header: "ann"}) == "local"


def test_from_another_machine_one_may_ask_but_not_change_the_archive(tmp_path: Path) -> None:
    service = service_of(tmp_path, host="0.0.0.0", allowed_hosts=("desk.example",))
    far = client_of(service, "10.0.0.7", "http://10.0.0.1:7860").get("/whoami").json()
    through_proxy = client_of(service, "127.0.0.1", "https://desk.example").get("/whoami").json()
    assert (far["role"], through_proxy["role"]) == ("reader", "reader")


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1:7860", 200),
        ("localhost", 200),
        ("LOCALHOST.:80", 200),
        ("[::1]:7860", 200),
        ("desk.example", 200),
        ("rebound.example:7860", 421),
        ("127.0.0.1.rebound.example", 421),
        ("localhost@rebound.example", 421),
        ("10.0.0.7", 421),
        ("[::1", 421),
        ("", 421),
    ],
)
def test_only_names_of_this_server_are_answered(tmp_path: Path, host: str, status: int) -> None:
    client = client_of(service_of(tmp_path, allowed_hosts=("Desk.example",)))
    assert client.get("/whoami", headers={"host": host}).status_code == status


def test_listening_everywhere_any_address_will_do_but_no_foreign_name(tmp_path: Path) -> None:
    client = client_of(service_of(tmp_path, host="0.0.0.0"))
    assert client.get("/whoami", headers={"host": "192.168.1.5:7860"}).status_code == 200
    assert client.get("/whoami", headers={"host": "rebound.example"}).status_code == 421


@pytest.mark.parametrize("path", ["/v1/ask", "/v1/articles", "/gradio_api/upload", "/gradio_api/queue/join"])
@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site", "origin": "https://evil.example"},
        {"sec-fetch-site": "same-site", "origin": "http://127.0.0.1:9999"},
        {"origin": "https://evil.example"},
        {"origin": "http://127.0.0.1:9999"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:7860.evil.example"},
        {"origin": ""},
    ],
)
def test_a_form_on_a_page_of_another_origin_changes_nothing(
    client: TestClient, path: str, headers: dict[str, str]
) -> None:
    client.get("/", headers=BROWSER)
    answer = client.post(path, data={"question": "q"}, headers=headers)
    assert answer.status_code == 403
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("headers", [{"sec-fetch-site": "same-origin"}, {"origin": HERE}, {}])
def test_the_page_itself_and_programs_may(client: TestClient, headers: dict[str, str]) -> None:
    client.get("/", headers=BROWSER)
    assert client.post("/v1/ask", json={}, headers=headers).status_code == 200


def test_a_link_from_elsewhere_opens_the_page_but_nothing_is_embedded(client: TestClient) -> None:
    foreign = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}
    assert client.get("/", headers={**foreign, "sec-fetch-dest": "document"}).status_code == 200
    assert client.get("/", headers={**foreign, "sec-fetch-dest": "iframe"}).status_code == 403
    script = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors", "sec-fetch-dest": "script"}
    assert client.get("/v1/me", headers=script).status_code == 403


@pytest.mark.parametrize("path", ["/", "/whoami", "/nosuch", "/v1/ask", "/articles/7"])
def test_every_answer_carries_the_headers_that_bind_a_browser(client: TestClient, path: str) -> None:
    headers = client.get(path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert "camera=()" in headers["permissions-policy"]
    assert headers["x-request-id"] and headers["cache-control"] == "no-store"
    assert not [name for name in headers if name.startswith("access-control-")]


def test_the_page_may_run_its_own_inline_script_and_no_other(client: TestClient) -> None:
    policy = client.get("/").headers["content-security-policy"]
    scripts = next(part for part in policy.split("; ") if part.startswith("script-src"))
    assert scripts.count("'sha256-") == 1 and "'unsafe-inline'" not in scripts
    assert "script-src" not in client.get("/whoami").headers["content-security-policy"]


def test_no_other_origin_is_told_that_it_may_read(client: TestClient) -> None:
    asked = {"origin": "http://localhost:3000", "access-control-request-method": "POST"}
    answer = client.options("/v1/ask", headers=asked)
    assert not [name for name in answer.headers if name.startswith("access-control-")]


@pytest.mark.parametrize(
    "path", ["/runs", "/gradio_api/run-history/records", "/gradio_api/proxy=https://evil.example/"]
)
def test_what_gradio_offers_beside_the_page_is_closed(client: TestClient, path: str) -> None:
    assert client.get(path).status_code == 404


def test_web_sockets_are_closed(client: TestClient) -> None:
    with pytest.raises(WebSocketDisconnect), client.websocket_connect("/"):
        pass
