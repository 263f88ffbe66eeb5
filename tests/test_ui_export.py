"""A conversation taken away as Markdown and as HTML: all of it is there, and nothing in it can act."""

from __future__ import annotations

import datetime as dt
import re
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from index.articles import Article
from rag.answer import Answer
from rag.evidence import UNSUPPORTED, Claim, Quote, number_claims
from tests.fake_desk import HOSTILE, QUOTE, answered, refused
from ui.export import as_html, as_markdown
from ui.export_markdown import escape
from ui.payloads import answer_payload
from ui.store.conversations import Conversation, Exchange
from ui.words import visible

NOW = dt.datetime(2023, 11, 9, 8, 30, tzinfo=dt.UTC)
GOOD = Article(
    "It rained for 3 days in Lima.",
    title="Rain & sun",
    date=dt.date(2023, 11, 8),
    url="https://example.org/?a=1&b=<2>",
)
WHOLE = Quote(GOOD, 0, len(GOOD.text))


def talk(
    *answers: Answer, title: str = "<script>alert(9)</script> *Rain* [x](javascript:1)"
) -> tuple[Conversation, list[Exchange]]:
    said = [
        Exchange(
            f"e{n}", "c", n, each.question, NOW, {"since": "2023-11-01"}, "answered", "", answer_payload(each)
        )
        for n, each in enumerate(answers, start=1)
    ]
    return Conversation("c", "ann", title, NOW, NOW, len(said)), said


def plain(**changes: Any) -> Answer:
    text, statements, citations = number_claims([Claim(GOOD.text, (WHOLE,), "verified")])
    return answered("Where did it rain?", text=text, statements=statements, citations=citations, **changes)


class Page(HTMLParser):
    """What a browser would make of the page."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.text, self.tags, self.links, self.ids = "", set[str](), list[str](), list[str]()
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        for name, value in attrs:
            assert not name.startswith("on") and name not in ("src", "srcset", "style", "action", "data"), (
                name
            )
            if name == "href":
                self.links.append(value or "")
            if name == "id":
                self.ids.append(value or "")
        self.text += "\n" if tag == "br" else ""

    def handle_data(self, data: str) -> None:
        self.text += data


def test_each_answer_has_its_footnotes_with_everything_needed_to_find_the_quote() -> None:
    conversation, said = talk(plain())
    for shown in (
        as_markdown(conversation, said, exported=NOW),
        Page(as_html(conversation, said, exported=NOW)).text,
    ):
        flat = " ".join(shown.replace("\\", "").split())
        for part in (
            "Where did it rain?", GOOD.text, "Rain & sun", "8 Nov 2023", GOOD.id, "characters 0 to 29",
            "Exported 9 Nov 2023, 08:30 UTC", "since 2023-11-01", "mayor",
        ):  # fmt: skip
            assert part in flat, part


def test_footnotes_of_two_answers_do_not_mix() -> None:
    conversation, said = talk(plain(), plain())
    markdown = as_markdown(conversation, said)
    assert markdown.count("[^1-1]") == markdown.count("[^2-1]") == 2
    page = Page(as_html(conversation, said))
    assert len(page.ids) == len(set(page.ids))
    assert {link[1:] for link in page.links if link.startswith("#")} == set(page.ids)


def test_what_was_not_verified_says_so_and_what_has_no_source_is_struck() -> None:
    struck = Claim("Nobody knew.", (), "unverified")
    text, statements, citations = number_claims([Claim("It snowed.", (WHOLE,), "unverified"), struck])
    conversation, said = talk(answered(text=text, statements=statements, citations=citations))
    markdown, html = as_markdown(conversation, said), as_html(conversation, said)
    assert "It snowed.[^1-1] **(unverified)**" in markdown
    assert f"~~{UNSUPPORTED.format('Nobody knew.')}~~" in markdown
    assert html.count('class="badge"') == 1 and html.count("<s>") == 1


def test_a_refusal_and_its_reason() -> None:
    conversation, said = talk(refused())
    for shown in (as_markdown(conversation, said), Page(as_html(conversation, said)).text):
        assert "The archive does not say." in shown and "covers" in shown


@pytest.mark.parametrize(
    ("state", "problem", "shown"),
    [
        ("failed", "the LLM is down; start it", "No answer came: the LLM is down; start it"),
        ("stopped", None, "Stopped before the answer was complete."),
        ("interrupted", None, "The server stopped before the answer was complete."),
        ("running", None, "The answer was still being written."),
    ],
)
def test_a_question_without_an_answer_says_why(state: Any, problem: str | None, shown: str) -> None:
    conversation, _ = talk()
    said = [Exchange("e", "c", 1, "Who?", NOW, {}, state, "Half an ans", None, problem)]
    markdown = as_markdown(conversation, said)
    assert shown in markdown and "Half an ans" not in markdown, "what was not checked to its end is not shown"
    assert shown in Page(as_html(conversation, said)).text


def test_a_conversation_without_questions_or_title_can_be_exported() -> None:
    conversation, said = talk(title="")
    assert as_markdown(conversation, said).startswith("# A conversation without a title\n")
    assert "<section" not in as_html(conversation, said)


def test_html_is_one_page_that_loads_and_runs_nothing() -> None:
    conversation, said = talk(answered(), refused(), plain())
    html = as_html(conversation, said)
    page = Page(html)
    assert not page.tags & {
        "script",
        "img",
        "link",
        "iframe",
        "object",
        "embed",
        "form",
        "input",
        "base",
        "svg",
    }
    assert all(link.startswith("#") or link == GOOD.url for link in page.links)
    assert "default-src 'none'" in html and "@import" not in html and "url(" not in html
    assert "prefers-color-scheme: dark" in html and "@media print" in html


def test_hostile_text_is_shown_to_the_letter_and_does_nothing() -> None:
    conversation, said = talk(answered())
    page = Page(as_html(conversation, said))
    assert visible(QUOTE) in page.text and "<script>alert(9)</script>" in page.text
    tokens = list(flat(as_markdown(conversation, said)))
    assert not {t.type for t in tokens} & {
        "html_block",
        "html_inline",
        "image",
        "fence",
        "code_block",
        "code_inline",
    }
    assert [t.attrGet("href") for t in tokens if t.type == "link_open"] == []
    assert visible(QUOTE) in " ".join(t.content for t in tokens if t.type == "text")


def test_the_only_links_are_the_recorded_web_addresses() -> None:
    conversation, said = talk(plain())
    hrefs = [t.attrGet("href") for t in flat(as_markdown(conversation, said)) if t.type == "link_open"]
    assert hrefs == ["https://example.org/?a=1&b=%3C2%3E"]


@given(st.text(max_size=200))
@example("- a\n\n    b\n===\n> c")
@example("1) x")
@example("12. x")
@example("+ x")
@example("[^1-1]: x")
@example("| a | b |\n|---|---|")
@example("https://evil.example www.evil.example a@evil.example ftp://evil.example")
@example("&lt;b&gt; \\<b>")
@example("    x\\")
@example(HOSTILE)
@example("***")
@example("# x #")
def test_any_text_as_markdown_is_one_paragraph_of_that_text(text: str) -> None:
    wanted = " ".join(re.sub(r"\s+", " ", visible(text)).split(" ")).strip()
    tokens = list(flat(escape(text)))
    assert {t.type for t in tokens} <= {"paragraph_open", "inline", "text", "paragraph_close"}, tokens
    assert "".join(t.content for t in tokens if t.type == "text") == wanted


def flat(markdown: str) -> Any:
    parser = MarkdownIt("gfm-like", {"linkify": False}).enable(["table", "strikethrough"])
    for token in parser.parse(markdown):
        yield from [token, *(token.children or [])]
