"""Conversations on the page in a real Chromium: they stay, and can be found again, by whom they belong to."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from tests.chromium import SlowLLM, ask, indexed, opened, settled
from tests.server_process import ending_well
from ui.store.conversations import Conversations
from ui.store.schema import conversations, exchanges, open_store

pytestmark = pytest.mark.browser
BLACK_SEA = "What did Ukraine recapture in the Black Sea?"
KIM = "Who invited Kim Jong Un?"


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory, seeds: Path) -> Path:
    return indexed(tmp_path_factory.mktemp("talks"), seeds)


@pytest.fixture(scope="module")
def url(archive: Path) -> Iterator[str]:
    with ending_well(archive) as address:
        yield address


def visitor(page: Any, url: str, engine: sa.Engine) -> str:
    """The name under which the browser's conversations are kept."""
    page.goto(url)
    ask(page, KIM)
    settled(page)
    with engine.connect() as at:
        key = page.url.partition("#c=")[2]
        return str(at.execute(sa.select(conversations.c.owner).where(conversations.c.id == key)).scalar())


def listed(page: Any) -> Any:
    """The list's links, with the drawer open on a phone."""
    if page.locator("#cd-drawer").get_attribute("aria-expanded") != "true":
        page.locator("#cd-drawer").click()
    return page.locator("#cd-list .cd-item")


def test_conversations_are_listed_opened_renamed_and_deleted(any_page: Any, url: str) -> None:
    page = any_page
    page.goto(url)
    ask(page, BLACK_SEA)
    first = settled(page).get_attribute("data-id")
    page.get_by_role("button", name="New chat").click()
    page.get_by_role("heading", name="Ask the archive").wait_for()
    ask(page, KIM)
    settled(page)
    page.wait_for_function("document.title.startsWith('Who invited')")
    assert listed(page).first.locator("a").get_attribute("aria-current") == "page"
    listed(page).nth(1).locator("a").click()
    page.locator(f"#x-{first}").wait_for()
    page.go_back()
    page.locator("#cd-past .cd-question", has_text="Kim").wait_for()
    listed(page).first.hover()
    listed(page).first.get_by_role("button", name="Rename").click()
    page.get_by_label("New title").fill("<b>Korea</b> & co ${1}")
    page.keyboard.press("Enter")
    page.locator(".cd-head h2", has_text="Korea").wait_for()
    assert page.locator(".cd-head h2").inner_text() == "<b>Korea</b> & co ${1}"
    assert listed(page).first.locator("a").inner_text() == "<b>Korea</b> & co ${1}"
    count = listed(page).count()
    listed(page).first.hover()
    listed(page).first.get_by_role("button", name="Delete").click()
    assert listed(page).count() == count, "one press only asks"
    listed(page).first.get_by_role("button", name="Delete").click()
    page.get_by_role("heading", name="Ask the archive").wait_for()
    page.wait_for_function("n => document.querySelectorAll('.cd-item').length === n", arg=count - 1)
    assert "#c=" not in page.url


def test_a_conversation_survives_a_reload_and_a_restart(browser: Any, archive: Path) -> None:
    with opened(browser) as page:
        with ending_well(archive) as address:
            page.goto(address)
            ask(page, BLACK_SEA)
            said = settled(page).locator(".cd-text").inner_text()
            page.reload()
            assert settled(page).locator(".cd-text").inner_text() == said
            place = page.url.partition("#")[2]
        with ending_well(archive) as address:
            page.goto(f"{address}#{place}")
            assert settled(page).locator(".cd-text").inner_text() == said
            ask(page, "When was it seized?")
            assert "2015" in settled(page, 2).locator(".cd-short").inner_text()


def test_two_tabs_may_write_to_the_same_conversation(page: Any, url: str) -> None:
    page.goto(url)
    ask(page, BLACK_SEA)
    stale = settled(page)
    other = page.context.new_page()
    other.goto(page.url)
    settled(other)
    ask(other, KIM)
    settled(other, 2)
    stale.get_by_role("button", name="Retry").click()
    page.get_by_text("Another tab has added to this conversation").wait_for()
    assert settled(page, 2).locator(".cd-question").inner_text() == KIM
    ask(page, "When was it seized?")
    settled(page, 3)


def test_an_interrupted_answer_is_shown_as_such_and_can_be_retried(
    page: Any, url: str, archive: Path
) -> None:
    engine = open_store(archive / "conversations.sqlite3")
    kept = Conversations(engine, server="one that died")
    me = visitor(page, url, engine)
    key = kept.create(me).id
    kept.begin(me, key, BLACK_SEA)
    page.goto(f"{url}#c={key}")
    page.locator("[data-running]", has_text="Still being answered").wait_for()
    with engine.begin() as at:
        old = exchanges.c.conversation == key
        at.execute(exchanges.update().where(old).values(created=dt.datetime(2024, 1, 1, tzinfo=dt.UTC)))
    kept.recover()
    page.locator(".cd-exchange", has_text="Interrupted: the server stopped").wait_for()
    page.get_by_role("button", name="Retry").click()
    page.locator("#cd-past .cd-short", has_text="oil and gas platform").wait_for()
    engine.dispose()


def test_ten_thousand_exchanges_do_not_hurt(any_page: Any, url: str, archive: Path) -> None:
    engine = open_store(archive / "conversations.sqlite3")
    page = any_page
    key = Conversations(engine).create(visitor(page, url, engine), "Long").id
    shared = {"conversation": key, "asked": {}, "state": "stopped", "draft": "It rained.", "server": ""}
    now = dt.datetime.now(dt.UTC)
    rows = [
        {**shared, "id": f"{key[:20]}{n}", "place": n, "question": f"Question {n}", "created": now}
        for n in range(1, 10_001)
    ]
    with engine.begin() as at:
        at.execute(sa.insert(exchanges), rows)
    page.goto(f"{url}#c={key}")
    page.locator(".cd-question", has_text="Question 10000").wait_for()
    assert page.locator("#cd-past .cd-exchange").count() == 50
    page.get_by_role("link", name="Show earlier (9,950 more)").click()
    page.locator(".cd-question", has_text="Question 9901").wait_for()
    assert page.locator("#cd-past .cd-exchange").count() == 100
    ask(page, BLACK_SEA)
    page.locator("#cd-past .cd-short", has_text="oil and gas platform").wait_for()
    page.reload()
    page.locator("#cd-past .cd-short", has_text="oil and gas platform").wait_for()
    engine.dispose()


def test_what_one_visitor_asks_another_cannot_see(browser: Any, page: Any, url: str) -> None:
    page.goto(url)
    ask(page, BLACK_SEA)
    mine = settled(page).get_attribute("data-id")
    assert "Putin" in page.request.get(f"{url}/ui/article?exchange={mine}&n=1").text()
    with opened(browser) as other:
        other.goto(page.url)
        other.get_by_text("This conversation is not here any more.").wait_for()
        assert other.locator("#cd-list .cd-item").count() == 0
        for fragment in (
            f"article?exchange={mine}&n=1",
            f"sources?exchange={mine}",
            f"follow-ups?exchange={mine}",
        ):
            reply = other.request.get(f"{url}/ui/{fragment}")
            assert reply.ok and "Ukraine" not in reply.text()


@pytest.mark.parametrize("place", ["#c=nosuch", "#c=%3Cimg%20src=x%3E&shown=x", "#c=../../etc"])
def test_a_conversation_that_is_not_there_leads_to_a_new_one(page: Any, url: str, place: str) -> None:
    page.goto(url + place)
    page.get_by_text("This conversation is not here any more.").wait_for()
    page.wait_for_function("!location.hash")
    ask(page, KIM)
    assert "Putin" in settled(page).inner_text()


def test_leaving_for_another_conversation_stops_the_answer(page: Any, archive: Path) -> None:
    with SlowLLM() as llm, ending_well(archive, "--llm", llm.spec) as address:
        page.goto(address)
        ask(page, BLACK_SEA)
        page.locator("#cd-live .cd-draft").wait_for()
        page.get_by_role("button", name="New chat").click()
        page.get_by_role("heading", name="Ask the archive").wait_for()
        assert llm.left.wait(15), "nobody waits for the answer any more"
        listed(page).first.locator("a").click()
        assert "Stopped." in settled(page).inner_text()
        assert (
            json.loads(page.evaluate("JSON.stringify(document.querySelectorAll('#cd-live .cd-live').length)"))
            == 0
        )
