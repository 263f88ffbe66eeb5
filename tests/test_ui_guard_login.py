"""Users: how they log in, what their keys open, and how it ends."""

from __future__ import annotations

import datetime as dt
from html import unescape
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from fastapi.testclient import TestClient

from index.errors import BadSetting
from rag.settings import Settings
from tests.guarded import HERE, PASSWORD, client_of, service_of
from ui.cli import main
from ui.guard import Guard, login
from ui.render_login import login_html, logout_html
from ui.service import Service
from ui.store import people as store
from ui.store.people import BadUser, People
from ui.store.schema import open_store

PAGE = {"accept": "text/html"}


@pytest.fixture(autouse=True)
def _cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    cheap = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr(store, "_hasher", lambda: cheap)


@pytest.fixture
def service(tmp_path: Path) -> Service:
    made = service_of(tmp_path, auth=True)
    people_of(made).add("Ann", PASSWORD, "editor")
    people_of(made).add("bob", PASSWORD)
    return made


@pytest.fixture
def client(service: Service) -> TestClient:
    return client_of(service)


def people_of(service: Service) -> People:
    assert service.people is not None
    return service.people


def log_in(client: TestClient, name: str = "ann", password: str = PASSWORD, **more: str) -> int:
    sent = {"name": name, "password": password, **more}
    return client.post("/login", data=sent, headers={"origin": HERE}).status_code


def bearer(key: str) -> dict[str, str]:
    return {"authorization": f"Bearer {key}"}


@pytest.mark.parametrize(
    "path",
    ["/v1/me", "/whoami", "/metrics", "/openapi.json", "/gradio_api/queue/data", "//healthz", "/login/x"],
)
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"x-forwarded-user": "ann"},
        {"remote-user": "ann"},
        {"cookie": "citedesk_visitor=" + "a" * 43},
        {"cookie": "citedesk_session=ann"},
        {"authorization": "Basic YW5uOmFubg=="},
        {"authorization": "Bearer "},
        {"authorization": "Bearer cd_wrong"},
        {"authorization": "Bearer \xff"},
    ],
)
def test_a_stranger_gets_nothing_whatever_the_headers_say(
    client: TestClient, path: str, headers: dict[str, str]
) -> None:
    raw = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
    answer = client.get(path, headers=raw)  # type: ignore[arg-type]
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["request_id"] == answer.headers["x-request-id"]


def test_anybody_may_see_that_the_server_lives_but_not_write_there(client: TestClient) -> None:
    assert client.get("/healthz").json()["name"] == ":nobody"
    assert client.post("/healthz").status_code == 401


def test_a_stranger_who_opens_the_page_is_led_to_the_form_and_back(client: TestClient) -> None:
    led = client.get("/?c=1&d=é", headers=PAGE)
    assert led.status_code == 303
    form = client.get(led.headers["location"])
    assert form.status_code == 200 and "<form" in form.text
    entered = client.post("/login", data={"name": "ANN ", "password": PASSWORD, "next": "/?c=1"})
    assert (entered.status_code, entered.headers["location"]) == (303, "/?c=1")
    cookie = entered.headers["set-cookie"]
    assert "; HttpOnly; SameSite=Lax" in cookie and "Secure" not in cookie
    me = client.get("/whoami").json()
    assert (me["name"], me["role"]) == ("ann", "editor")


@pytest.mark.parametrize(
    "onward",
    ["https://evil.example", "//evil.example", "/\\evil.example", "/a\r\nset-cookie: b=c", "/logout"],
)
def test_after_log_in_nobody_is_led_elsewhere(client: TestClient, onward: str) -> None:
    sent = {"name": "ann", "password": PASSWORD, "next": onward}
    assert client.post("/login", data=sent).headers["location"] == "/"


def test_logging_out_ends_the_session_everywhere(client: TestClient, service: Service) -> None:
    log_in(client)
    copied = client.cookies["citedesk_session"]
    assert "ann" in client.get("/logout").text
    left = client.post("/logout")
    assert left.headers["location"] == "/login" and "Max-Age=0" in left.headers["set-cookie"]
    thief = client_of(service)
    assert thief.get("/whoami", headers={"cookie": f"citedesk_session={copied}"}).status_code == 401
    assert client.get("/logout").headers["location"] == "/login"


def test_a_session_that_was_planted_is_not_the_one_that_logs_in(client: TestClient, service: Service) -> None:
    evil = client_of(service)
    log_in(evil, "bob")
    planted = evil.cookies["citedesk_session"]
    client.cookies.set("citedesk_session", planted)
    answer = client.post("/login", data={"name": "ann", "password": PASSWORD})
    assert planted not in answer.headers["set-cookie"]
    assert evil.get("/whoami").status_code == 401


def test_sessions_expire(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    log_in(client)
    later = dt.datetime.now(dt.UTC) + store.SESSION
    monkeypatch.setattr(store, "_now", lambda: later)
    assert client.get("/whoami").status_code == 401


def test_neither_passwords_nor_keys_nor_sessions_are_stored(tmp_path: Path, service: Service) -> None:
    client = client_of(service)
    log_in(client)
    key = people_of(service).new_key("ann")
    stored = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    for secret in (PASSWORD, key, client.cookies["citedesk_session"]):
        assert secret.encode() not in stored
    assert b"$argon2id$" in stored


def test_an_unknown_user_costs_as_much_work_and_is_told_the_same(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    checked: list[str] = []

    class Counting(PasswordHasher):
        def verify(self, hash: str | bytes, password: str | bytes) -> bool:
            checked.append(str(hash).split("$")[3])
            return super().verify(hash, password)

    counting = Counting(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr(store, "_hasher", lambda: counting)
    store._nobodys.cache_clear()
    answers = [
        client.post("/login", data={"name": name, "password": "wrong password"}) for name in ("ann", "eve")
    ]
    assert len(checked) == 2 and checked[0] == checked[1], "the same parameters for both"
    assert [answer.status_code for answer in answers] == [401, 401]
    assert answers[0].text.replace("ann", "eve") == answers[1].text


def test_guessing_is_slowed_down_and_the_right_password_does_not_help_then(service: Service) -> None:
    guesser, ann = client_of(service, "10.0.0.9"), client_of(service)
    tries = [log_in(guesser, "Ann", f"wrong password {n}") for n in range(login.TRIES + 1)]
    assert tries == [401] * login.TRIES + [429]
    blocked = guesser.post("/login", data={"name": "ann ", "password": PASSWORD})
    assert blocked.status_code == 429 and 0 < int(blocked.headers["retry-after"]) <= 900
    assert "Try again in 15 min." in unescape(blocked.text)
    assert log_in(guesser, "ＡＮＮ", "wrong password") == 429, "the same name in other letters"
    assert log_in(ann) == 303, "she is where nobody guessed"


def test_one_who_guesses_for_many_names_is_stopped_too(client: TestClient) -> None:
    tries = [log_in(client, f"user{n}", "wrong password") for n in range(login.TRIES_FROM_ADDRESS + 1)]
    assert tries[-2:] == [401, 429]


def test_the_form_shows_what_was_typed_as_text(client: TestClient) -> None:
    evil = '"><script>alert(1)</script><img src=x onerror=alert(1)>'
    shown = client.post("/login", data={"name": evil, "password": "x", "next": evil}).text
    assert "<script" not in shown and "<img" not in shown
    assert "<img" not in logout_html("<img src=x>") + login_html("<img src=x>")


@pytest.mark.parametrize("name", ["a\x00nn", "", "x" * 9000, "' OR 1=1 --", "visitor:1", "local", "\ud800"])
def test_no_name_breaks_the_form(client: TestClient, service: Service, name: str) -> None:
    sent = name.encode("utf-8", "surrogatepass")
    body = b"password=wrong+password&name=" + b"".join(b"%%%02x" % byte for byte in sent)
    assert client.post("/login", content=body).status_code in (401, 413)
    assert people_of(service).log_in(name, "wrong \ud800 password") is None
    with pytest.raises(BadUser):
        people_of(service).set_role(name, "editor")


@pytest.mark.parametrize("body", [b"a" * 20_000, b"\xff\xfe", b"&".join([b"a=b"] * 99), b"name=ann"])
def test_a_form_that_is_no_form_lets_nobody_in(client: TestClient, body: bytes) -> None:
    assert client.post("/login", content=body).status_code in (400, 401, 413)
    assert client.put("/login", content=body).status_code == 405


def test_logging_in_from_a_page_of_another_origin_is_refused(client: TestClient) -> None:
    sent = {"name": "ann", "password": PASSWORD}
    assert client.post("/login", data=sent, headers={"origin": "https://evil.example"}).status_code == 403
    log_in(client)
    assert client.post("/logout", headers={"sec-fetch-site": "cross-site"}).status_code == 403
    assert client.get("/whoami").status_code == 200


def test_a_key_opens_the_api_until_it_is_revoked(client: TestClient, service: Service) -> None:
    key = people_of(service).new_key("bob")
    assert client.get("/v1/me", headers=bearer(key)).json()["name"] == "bob"
    assert client.get("/v1/me", headers=bearer(key.lower())).status_code == 401
    assert client.get("/v1/me", headers={"cookie": f"citedesk_session={key}"}).status_code == 401
    people_of(service).revoke("bob", key[:9])
    assert client.get("/v1/me", headers=bearer(key)).status_code == 401


def test_a_removed_user_is_out_at_once_and_leaves_nothing_to_the_next(service: Service) -> None:
    people, client = people_of(service), client_of(service)
    key = people.new_key("bob")
    log_in(client, "bob")
    service.conversations.create("bob", "private")
    people.remove("bob")
    assert client.get("/whoami").status_code == 401
    assert client.get("/v1/me", headers=bearer(key)).status_code == 401
    people.add("bob", PASSWORD)
    assert client.get("/v1/me", headers=bearer(key)).status_code == 401
    assert service.conversations.of("bob") == []


def test_a_new_password_ends_sessions_and_a_new_role_counts_at_once(service: Service) -> None:
    people, client = people_of(service), client_of(service)
    log_in(client)
    people.set_role("ann", "reader")
    assert client.get("/whoami").json()["role"] == "reader"
    people.set_password("ann", "another long password")
    assert client.get("/whoami").status_code == 401
    assert log_in(client) == 401
    assert log_in(client, password="another long password") == 303


@pytest.mark.parametrize(
    "name",
    ["", " ", "local", "LOCAL", "visitor:1", "<b>", "a\nb", "a\x00", "a" * 61, "a  b", "a/b", "a\u202eb"],
)
def test_names_that_mislead_or_belong_to_others_are_refused(service: Service, name: str) -> None:
    with pytest.raises(BadUser, match="user name"):
        people_of(service).add(name, PASSWORD)


@pytest.mark.parametrize("password", ["", "short", "a" * 1001])
def test_passwords_have_a_length(service: Service, password: str) -> None:
    with pytest.raises(BadUser, match="10 to 1,000"):
        people_of(service).add("carl", password)


def test_names_that_look_the_same_are_the_same(service: Service) -> None:
    with pytest.raises(BadUser, match="already"):
        people_of(service).add("ＡNN", PASSWORD)


def test_without_users_nobody_could_log_in_so_the_server_says_so(tmp_path: Path) -> None:
    with pytest.raises(BadSetting, match="citedesk user add"):
        Guard(None, service_of(tmp_path, auth=True))  # type: ignore[arg-type]


def test_without_auth_there_is_no_login(tmp_path: Path) -> None:
    assert client_of(service_of(tmp_path)).get("/login").status_code == 404


class Typed:
    """What is typed or piped into a command."""

    def __init__(self, text: str, *, terminal: bool = False) -> None:
        self.text = text
        self.terminal = terminal

    def isatty(self) -> bool:
        return self.terminal

    def readline(self) -> str:
        return self.text


def test_users_are_kept_by_commands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def run(*arguments: str, typed: str = "") -> tuple[int, str, str]:
        monkeypatch.setattr("sys.stdin", Typed(typed))
        status = main(["user", *arguments, "--archive", str(tmp_path)])
        return (status, *capsys.readouterr())

    assert run("add", "Ann", "--role", "editor", typed=f"{PASSWORD}\n")[0] == 0
    assert run("add", "ann", typed=f"{PASSWORD}\n")[0] == 2
    _, key, said = run("key", "ann")
    assert key.startswith("cd_") and "only now" in said and key.strip() not in said
    people = People(open_store(tmp_path / "conversations.sqlite3"))
    found = people.admitted(key.strip(), "key")
    assert found and (found.name, found.role) == ("ann", "editor")
    status, listed, _ = run("list")
    assert listed.split() == ["ann", "editor", key[:9] + "..."]
    assert run("revoke", "ann", "cd_nosuch")[0] == 2
    assert run("revoke", "ann")[0] == 0 and people.admitted(key.strip(), "key") is None
    assert run("password", "ann", typed="another long password\n")[0] == 0
    assert people.log_in("ann", PASSWORD) is None and people.log_in("ann", "another long password")
    assert run("role", "ann", "reader")[0] == 0 and people.all()[0].role == "reader"
    assert run("role", "ann", "king")[0] == 2
    assert run("remove", "ann")[0] == 0 and run("remove", "ann")[0] == 2
    status, _, said = run("add", "bob", typed="short\n")
    assert (status, said.count("\n")) == (2, 1) and "Traceback" not in said


def test_a_password_is_typed_twice_and_not_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    typed = [PASSWORD, "another long password", PASSWORD, PASSWORD]
    monkeypatch.setattr("sys.stdin", Typed("", terminal=True))
    monkeypatch.setattr("getpass.getpass", lambda prompt: typed.pop(0))
    statuses = [main(["user", "add", "ann", "--archive", str(tmp_path)]) for _ in range(2)]
    assert statuses == [2, 0]
    assert PASSWORD not in "".join(capsys.readouterr())


def test_a_user_of_no_archive_is_told_to_make_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["user", "list", "--archive", str(tmp_path / "none")]) == 2
    assert "citedesk index" in capsys.readouterr().err


def test_nothing_is_guarded_more_than_asked() -> None:
    plain = Settings()
    assert (plain.auth, plain.rate_per_minute, plain.log_format, plain.log_content) == (
        False,
        0,
        "off",
        False,
    )
