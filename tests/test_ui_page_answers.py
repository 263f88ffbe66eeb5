"""Answers on the page in a real Chromium: cards, the panel, badges, the account, the plot, and what can be done."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from index.archive import Archive
from tests.chromium import ask, opened, settled, still
from tests.newsroom import HOSTILE, HOSTILE_TITLE, HOSTILE_URL, OVERVIEW, newsroom
from tests.server_process import ending_well
from ui.store.conversations import Conversations
from ui.store.feedback import Feedback
from ui.store.schema import open_store

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return newsroom(tmp_path_factory.mktemp("newsroom"))


@pytest.fixture(scope="module")
def url(archive: Path) -> Iterator[str]:
    with ending_well(archive) as address:
        yield address


@pytest.fixture
def answer(any_page: Any, url: str) -> Any:
    """The overview, which cites six passages of five days."""
    any_page.goto(url)
    ask(any_page, OVERVIEW)
    return still(any_page)


def test_a_chip_shows_a_card_when_pointed_at_or_focused(any_page: Any, answer: Any) -> None:
    page, chip = any_page, answer.locator("a.cd-chip").nth(1)
    card = page.locator("#cd-card")
    chip.hover()
    card.wait_for()
    for words in (
        "Residents return to Larvik",
        "2 Apr 2024",
        "“Inspectors declared the Larvik dam safe on Tuesday.”",
    ):
        assert words in card.inner_text()
    box = card.bounding_box()
    assert box["x"] >= 0 and box["x"] + box["width"] <= page.viewport_size["width"]
    page.mouse.move(5, 5)
    card.wait_for(state="hidden")
    chip.focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Shift+Tab")
    card.wait_for()
    page.keyboard.press("Escape")
    card.wait_for(state="hidden")
    described = page.locator(f"#{chip.get_attribute('aria-describedby')}").text_content()
    assert "Inspectors declared" in described, "a screen reader hears what the card shows"


def test_the_panel_goes_from_citation_to_citation_and_back(any_page: Any, answer: Any) -> None:
    page = any_page
    answer.locator("a.cd-chip").nth(3).click()
    page.locator(".cd-of", has_text="Citation 4 of 6").wait_for()
    assert page.locator("#cd-here").inner_text() == "A school in Larvik was turned into a shelter."
    assert page.locator("mark.cd-also").inner_text().startswith("Police asked 300 residents")
    page.get_by_role("button", name="Next citation").click()
    page.locator(".cd-of", has_text="Citation 5 of 6").wait_for()
    page.get_by_role("button", name="Next citation").click()
    page.locator(".cd-of", has_text="Citation 6 of 6").wait_for()
    assert page.get_by_role("button", name="Next citation").is_disabled()
    page.get_by_role("button", name="Previous citation").click()
    page.locator(".cd-of", has_text="Citation 5 of 6").wait_for()
    assert answer.locator("a.cd-chip[aria-current]").inner_text() == "5"
    link = page.get_by_role("link", name="Original")
    assert link.get_attribute("href") == "https://herald.example/dam/3"
    page.get_by_role("button", name="All sources").click()
    page.locator(".cd-source").nth(5).wait_for()
    page.locator(".cd-source button", has_text="Cracks found").click()
    page.locator("#cd-here", has_text="two cracks").wait_for()
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.closest('.cd-exchange') !== null"), "Escape leads back"


def test_badges_the_account_and_the_plot(any_page: Any, answer: Any) -> None:
    page = any_page
    assert answer.locator(".cd-badge").all_text_contents() == ["verified"] * 6
    line = answer.locator(".cd-made").inner_text()
    assert (
        "As of 9 Apr 2024" in line
        and "5 independent origins" in line
        and "confidence" in line
        and "ms" in line
    )
    answer.locator(".cd-made").click()
    account = answer.locator(".cd-about dl").inner_text()
    for words in (
        OVERVIEW,
        "any day up to the as-of date",
        "7 passages of 7 articles",
        "5 articles, 4 Mar 2024 to",
    ):
        assert words in account
    plot = page.get_by_role("img", name="When the articles were published")
    assert plot.locator("circle").count() == 7 and plot.locator(".cd-dot-cited").count() == 5
    answer.locator(".cd-timeline summary").click()
    assert "Residents return to Larvik" in answer.locator(".cd-timeline table").inner_text()


def test_an_answer_is_copied_with_its_sources(any_page: Any, answer: Any) -> None:
    any_page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    answer.get_by_role("button", name="Copy").click()
    answer.get_by_role("button", name="Copied").wait_for()
    copied = any_page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith("A court fined Norvann 4 million kroner for neglecting the Larvik dam. [1] ")
    assert "\n[2] Residents return to Larvik, 2 Apr 2024, https://courier.example/dam/5: “" in copied


def test_thumbs_and_a_reason_are_stored_and_can_be_taken_back(
    any_page: Any, answer: Any, archive: Path
) -> None:
    page, key = any_page, answer.get_attribute("data-id")
    engine = open_store(archive / "conversations.sqlite3")
    given = Feedback(engine, Conversations(engine))

    def stored() -> list[Any]:
        return [(g["good"], g["reason"]) for g in given.gold() if g["id"] == f"feedback-{key}"]

    answer.get_by_role("button", name="Bad answer").click()
    page.get_by_label("What was wrong?").fill("The fine <b>came</b> last")
    with page.expect_response(lambda r: "/gradio_api/" in r.url):
        page.get_by_role("button", name="Send").click()
    page.get_by_text("Thank you.").first.wait_for()
    assert stored() == [(False, "The fine <b>came</b> last")]
    page.reload()
    answer = still(page)
    assert answer.get_by_role("button", name="Bad answer").get_attribute("aria-pressed") == "true"
    with page.expect_response(lambda r: "/gradio_api/" in r.url):
        answer.get_by_role("button", name="Bad answer").click()
    assert stored() == []
    engine.dispose()


def test_edit_retry_and_undo_replace_the_last_exchange(any_page: Any, answer: Any) -> None:
    page, first = any_page, answer.get_attribute("data-id")
    answer.get_by_role("button", name="Retry").click()
    page.locator(f"#x-{first}").wait_for(state="detached")
    again = settled(page)
    assert again.locator(".cd-question").inner_text() == OVERVIEW
    again.get_by_role("button", name="Edit").click()
    page.get_by_label("Your question, changed").fill("How many residents left their homes?")
    page.get_by_role("button", name="Ask again").click()
    page.locator("#cd-past .cd-question", has_text="How many residents").wait_for()
    edited = settled(page)
    assert "300" in edited.locator(".cd-text").inner_text()
    edited.get_by_role("button", name="Undo").click()
    page.locator("#cd-past .cd-exchange").wait_for(state="detached")
    assert page.input_value("#cd-question textarea") == "How many residents left their homes?"


def test_a_refusal_shows_what_is_covered_and_opens_the_nearest_articles(any_page: Any, url: str) -> None:
    page = any_page
    page.goto(url)
    ask(page, "What do we know about the Larvik dam?")
    refusal = settled(page)
    assert "The archive covers 7 articles, 2 Jan 2024 to 9 Apr 2024." in refusal.inner_text()
    assert refusal.locator("a.cd-nearest").count() == 3
    refusal.locator("a.cd-nearest").nth(1).click()
    page.locator(".cd-of", has_text="Article 2 of 3").wait_for()
    page.get_by_role("button", name="Next article").click()
    page.locator(".cd-of", has_text="Article 3 of 3").wait_for()


def test_hostile_questions_articles_titles_and_addresses_stay_text(any_page: Any, url: str) -> None:
    page = any_page
    page.goto(url)
    question = "Which bridge did the mayor of Oslo open <img src=x onerror=alert(7)> ${alert(8)} {{x}}?"
    ask(page, question)
    answer = settled(page)
    assert page.locator("#cd-past .cd-question").inner_text() == question
    assert page.locator("#cd-past .cd-head h2").inner_text() == question
    if page.viewport_size["width"] < 760:
        page.locator("#cd-drawer").click()
    assert page.locator(".cd-item a[aria-current]").inner_text() == question
    answer.locator("a.cd-chip, a.cd-nearest").first.hover()
    answer.locator("a.cd-chip, a.cd-nearest").first.click()
    page.locator(".cd-article").wait_for()
    assert page.locator(".cd-article").inner_text() == HOSTILE
    assert page.locator(".cd-reader h3").inner_text() == HOSTILE_TITLE
    link = page.get_by_role("link", name="Original")
    assert json.loads(link.evaluate("e => JSON.stringify(e.getAttribute('href'))")) == HOSTILE_URL
    assert page.locator("#cd-columns :is(img, script, iframe, b, i), #cd-card :is(img, script)").count() == 0
    assert page.evaluate(
        "[...document.querySelectorAll('#cd-columns *')].every(e => !e.onerror && !e.onmouseover)"
    )


def test_follow_ups_come_after_the_answer_and_can_be_asked(any_page: Any, url: str) -> None:
    page = any_page
    page.goto(url)
    ask(page, "Who declared the Larvik dam safe?")
    settled(page)
    suggested = page.locator(".cd-follow button")
    suggested.first.wait_for()
    question = suggested.first.inner_text()
    suggested.first.click()
    answer = settled(page, 2)
    assert answer.locator(".cd-question").inner_text() == question
    assert answer.locator("a.cd-chip").count() >= 1, "what is suggested is answered"


@pytest.mark.parametrize(
    ("label", "sources", "account"),
    [
        ("Only these sources", ["times.example"], "only times.example"),
        (
            "Not these sources",
            ["herald.example", "courier.example"],
            "without herald.example, courier.example",
        ),
    ],
)
def test_sources_can_be_left_out_and_the_account_says_so(
    any_page: Any, url: str, label: str, sources: list[str], account: str
) -> None:
    page = any_page
    page.goto(url)
    page.get_by_role("button", name="Narrow down").click()
    for source in sources:
        page.get_by_label(label).click()
        page.get_by_role("option", name=source).click()
    page.keyboard.press("Escape")
    ask(page, OVERVIEW)
    answer = settled(page)
    answer.locator(".cd-made").click()
    assert account in answer.locator(".cd-about dl").inner_text()
    assert "A court fined Norvann" in answer.inner_text() and "Inspectors" not in answer.inner_text()
    assert page.get_by_label("Worded by").count() == 0, "there is one way to word answers"


def test_a_conversation_can_be_taken_along(any_page: Any, answer: Any) -> None:
    page = any_page
    for name, start in (("Markdown", b"#"), ("HTML", b"<!"), ("Evidence pack", b"PK")):
        page.get_by_text("Export", exact=True).click()
        with page.expect_download() as download:
            page.get_by_role("link", name=name).click()
        assert Path(download.value.path()).read_bytes().lstrip()[:2].lower().startswith(start.lower()), name


def test_an_article_that_was_removed_still_shows_its_stored_quote(browser: Any, tmp_path: Path) -> None:
    folder = newsroom(tmp_path)
    with ending_well(folder) as address, opened(browser) as page:
        page.goto(address)
        ask(page, "Who declared the Larvik dam safe?")
        answer = settled(page)
        with Archive.open(folder) as archive:
            assert archive.remove([f"dam-{n}" for n in range(1, 7)]) == 6
        answer.locator("a.cd-chip").first.click()
        page.get_by_text("no longer in the archive").wait_for()
        assert page.locator("#cd-here").inner_text() == "Inspectors declared the Larvik dam safe on Tuesday."
        page.reload()
        assert "Inspectors declared the Larvik dam safe" in settled(page).inner_text()
