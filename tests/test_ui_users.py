"""Many people, several servers, long conversations: order is kept, and nothing becomes slow."""

from __future__ import annotations

import datetime as dt
import threading
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from starlette.testclient import TestClient

from index.archive import Archive
from rag.assistant import Assistant
from rag.settings import Settings
from tests.llm_server import LLMServer
from tests.postgres_server import free_port, postgres
from tests.server_process import Running, serving
from tests.test_ui_crash import SAID, conversation, events, exchanges
from ui.api import create_app
from ui.people import LOCAL
from ui.service import Service
from ui.store.conversations import ConversationNotFound, Conversations
from ui.store.schema import exchanges as table
from ui.store.schema import open_store

PLATFORM = "What did Ukraine recapture in the Black Sea?"
MANY = 10_000


@pytest.fixture(scope="module")
def database() -> Iterator[str]:
    with postgres() as url:
        yield url


@contextmanager
def browsing(*servers: Running) -> Iterator[list[httpx.Client]]:
    clients = [httpx.Client(base_url=each.url, timeout=60, trust_env=False) for each in servers]
    try:
        yield clients
    finally:
        for client in clients:
            client.close()


@contextmanager
def store(url: str | Path, server: str = "") -> Iterator[Conversations]:
    engine = open_store(url)
    try:
        yield Conversations(engine, server=server)
    finally:
        engine.dispose()


def test_writers_of_two_servers_take_their_places_one_after_the_other(database: str) -> None:
    with store(database, "one") as one, store(database, "two") as two, ThreadPoolExecutor(12) as pool:
        key = one.create("ann").id

        def ask(n: int) -> int:
            return (one, two)[n % 2].begin("ann", key, f"Question {n}?").place

        places = list(pool.map(ask, range(120)))
        assert sorted(places) == list(range(1, 121))
        said = two.exchanges("ann", key)
        assert [each.question for each in said] == [f"Question {places.index(n)}?" for n in range(1, 121)]
        assert one.get("ann", key).title == said[0].question


def test_history_is_read_from_postgresql_as_from_sqlite(database: str, tmp_path: Path) -> None:
    for url in (database, tmp_path / "c.sqlite3"):
        with store(url) as kept:
            key = kept.create("ann").id
            for n in range(4):
                begun = kept.begin("ann", key, f"Question {n}?")
                if n != 2:
                    kept.finish(begun.id, {"text": f"Answer “{n}”.", "citations": []})
            said = [("Question 1?", "Answer “1”."), ("Question 3?", "Answer “3”.")]
            assert kept.told("ann", key, 3) == said
            with pytest.raises(ConversationNotFound):
                kept.told("bob", key, 3)


def test_two_servers_on_one_database_are_one_to_their_people(
    database: str, archive: Archive, server: LLMServer
) -> None:
    server.script({"chunks": [SAID + " ", "More", "."], "hang": 2})
    ports = [str(free_port()), str(free_port())]
    shared = {"database": database, "llms": server.spec}
    with (
        ThreadPoolExecutor(8) as pool,
        serving(archive.path, "--port", ports[0], **shared) as one,
        serving(archive.path, "--port", ports[1], **shared) as two,
        browsing(one, two) as webs,
    ):
        key = conversation(webs[0])

        def ask(n: int) -> Any:
            asked = {"question": f"{PLATFORM[:-1]} in report {n}?", "conversation": key}
            return webs[n % 2].post("/v1/ask", json=asked).json()

        answers = list(pool.map(ask, range(8)))
        seen = [exchanges(web, key) for web in webs]
        assert seen[0] == seen[1]
        assert [each["place"] for each in seen[0]] == list(range(1, 9))
        assert {each["id"]: each["answer"]["question"] for each in seen[0]} == {
            each["exchange"]: each["question"] for each in answers
        }

        running = [conversation(web) for web in webs]
        begun = [threading.Event(), threading.Event()]
        streaming = [
            pool.submit(
                events, web, {"question": PLATFORM, "conversation": kept, "llm": server.spec}, started
            )
            for web, kept, started in zip(webs, running, begun, strict=True)
        ]
        assert all(started.wait(60) for started in begun)
        two.process.kill()
        with pytest.raises(httpx.HTTPError):
            streaming[1].result(60)
        assert [exchanges(webs[0], kept)[0]["state"] for kept in running] == ["running", "running"]
        with serving(archive.path, "--port", ports[1], **shared) as again, browsing(again) as (anew,):
            for web in (webs[0], anew):
                assert [exchanges(web, kept)[0]["state"] for kept in running] == ["running", "interrupted"]
            assert exchanges(anew, key) == seen[0]
        one.process.kill()


def filled(service: Service, count: int) -> str:
    """A conversation of LOCAL with so many answered exchanges."""
    key = service.conversations.create(LOCAL.name).id
    begun = service.begin(LOCAL, key, PLATFORM, {"as_of": "2023-11-08"})
    *_, _ = service.stream(LOCAL, begun)
    answer = service.conversations.exchange(LOCAL.name, begun.id).answer
    now = dt.datetime.now(dt.UTC)
    rows = [
        {
            "id": uuid.uuid4().hex,
            "conversation": key,
            "place": n,
            "question": f"Question {n}?",
            "asked": {},
            "state": "answered",
            "draft": "",
            "answer": answer,
            "server": "",
            "created": now,
        }
        for n in range(2, count + 1)
    ]
    with service.conversations._engine.begin() as at:
        at.execute(table.insert(), rows)
    return key


@contextmanager
def counting(engine: sa.Engine) -> Iterator[Callable[[], tuple[int, int]]]:
    """Queries so far, and steps of SQLite's machine in hundreds: what is done for each row is counted by them."""
    counts = [0, 0]

    def step() -> None:
        counts[1] += 1

    def query(connection: Any, cursor: Any, *rest: Any) -> None:
        counts[0] += 1
        connection.connection.dbapi_connection.set_progress_handler(step, 100)

    sa.event.listen(engine, "before_cursor_execute", query)
    try:
        yield lambda: (counts[0], counts[1])
    finally:
        sa.event.remove(engine, "before_cursor_execute", query)


def test_a_conversation_of_ten_thousand_questions_opens_and_goes_on_as_a_short_one_does(
    archive: Archive, tmp_path: Path
) -> None:
    settings = Settings(database=f"sqlite:///{tmp_path}/c.sqlite3")
    service = Service.open(Assistant.open(archive, settings=settings), settings)
    short, long = filled(service, 100), filled(service, MANY)
    costs: dict[str, list[tuple[int, int]]] = {}
    web = TestClient(create_app(service), base_url="http://127.0.0.1")
    with web, counting(service.conversations._engine) as so_far:

        def cost(of: str, does: Callable[[], httpx.Response]) -> Any:
            before = so_far()
            response = does()
            assert response.is_success, response.text
            after = so_far()
            costs.setdefault(of, []).append((after[0] - before[0], after[1] - before[1]))
            return response.json()

        for key, count in ((short, 100), (long, MANY)):
            url, asked = f"/v1/conversations/{key}", {"question": PLATFORM, "conversation": key}
            page = cost("open", partial(web.get, url))
            assert [each["place"] for each in page["exchanges"]] == list(range(count - 49, count + 1))
            page = cost("older", partial(web.get, url, params={"before": page["before"]}))
            assert page["exchanges"][-1]["place"] == count - 50
            assert cost("ask", partial(web.post, "/v1/ask", json=asked))["short"]
        listed = cost("list", partial(web.get, "/v1/conversations"))["conversations"]
    assert {each["id"]: each["exchanges"] for each in listed} == {short: 101, long: MANY + 1}
    (list_cost,) = costs.pop("list")
    assert all(few[0] == most[0] <= 12 for few, most in costs.values()), f"queries: {costs}"
    assert costs["ask"][1][1] <= costs["ask"][0][1] + 20, f"asking reads all that was said: {costs}"
    # Counting the exchanges is what remains, with some three steps for each: less than a millisecond.
    assert max(list_cost[1], costs["open"][1][1], costs["older"][1][1]) <= 4 * MANY / 100 + 100, costs
