"""Answers as HTML: what is shown, and that nothing in an article can break out of it."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from index.articles import Article
from rag.answer import ArticleRef
from rag.evidence import Claim, article_ref, number_claims
from tests.fake_desk import ARTICLE, HOSTILE, QUOTE, answered, refused
from ui import dialogue, render
from ui.dialogue import Entry
from ui.sources import cited_sources, nearest_sources
from ui.words import visible

ALLOWED = {
    "div": {"class", "role"},
    "span": {"class", "title"},
    "a": {"class", "href", "target", "rel"},
    "details": {"class", "id", "open"},
    "summary": {"class"},
    "h2": set(),
    "p": set(),
    "ul": set(),
    "li": set(),
    "br": set(),
    "mark": set(),
    "blockquote": set(),
}


class Shown(HTMLParser):
    """What a browser would make of a fragment; fails on any tag or attribute that we do not write."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.text = ""
        self.marked: list[str] = []
        self.links: list[str] = []
        self.ids: list[str] = []
        self._open: list[str] = []
        self.feed(html)
        self.close()
        assert not self._open, f"left open: {self._open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in ALLOWED, tag
        for name, value in attrs:
            assert name in ALLOWED[tag], (tag, name)
            if name == "href":
                self.links.append(value or "")
            if name == "id":
                self.ids.append(value or "")
        if tag == "br":
            self.text += "\n"
            if "mark" in self._open:
                self.marked[-1] += "\n"
            return
        self._open.append(tag)
        if tag == "mark":
            self.marked.append("")

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data
        if "mark" in self._open:
            self.marked[-1] += data


def find(article_id: str) -> ArticleRef:
    return article_ref(ARTICLE)


@given(st.text())
def test_escaped_text_reads_as_the_text_and_holds_no_markup(text: str) -> None:
    escaped = render.escape(text)
    assert not re.search(r"[*_`\[\](){}$\\~|]", escaped), "Markdown, TeX or template characters are left"
    assert "\n" not in escaped, "a line end would end a Markdown HTML block"
    shown = Shown(escaped).text

    def words(value: str) -> list[str]:
        return value.split()

    assert words(shown) == words(visible(text))


def test_hostile_article_question_and_title_stay_text() -> None:
    answer = answered()
    for html in (
        render.answer_html(answer, 1, find),
        render.sources_html(answer, 1, find),
        render.answer_html(refused("<script>"), 1, find),
        render.sources_html(refused("<script>"), 1, find),
        render.question_html(HOSTILE),
        render.draft_html(HOSTILE),
        render.stopped_html(HOSTILE),
        render.problem_html(HOSTILE),
        render.header_html(HOSTILE),
        render.invitation_html(),
        render.waiting_html(),
    ):
        if "<header" not in html:
            shown = Shown(html)
            assert all(link.startswith("#source-") for link in shown.links)
        assert "\n" not in html
        for needle in ("<script", "<img", "<b ", "<u>", "<i>", "${", "{{", "\x1b", "\u202e", "](javascript"):
            assert needle not in html


def test_answer_shows_short_form_sentences_and_chips_that_lead_to_their_sources() -> None:
    answer = answered()
    shown = Shown(render.answer_html(answer, 3, find))
    assert shown.text.startswith("mayor")
    assert QUOTE in shown.text
    assert shown.links == ["#source-3-1", "#source-3-2"]
    assert "As of 8 Nov 2023" in shown.text
    panel = Shown(render.sources_html(answer, 3, find))
    assert [link.removeprefix("#") for link in shown.links] == [
        i for i in panel.ids if i.startswith("source-")
    ]


def test_only_the_unverified_sentence_is_badged() -> None:
    text = Shown(render.answer_html(answered(), 1, find)).text
    assert text.count("unverified") == 1
    assert text.index("Nobody") < text.index("unverified")


def test_a_sentence_without_a_source_is_struck() -> None:
    text, statements, citations = number_claims([Claim("It <b>snowed</b>.", (), "unverified")])
    html = render.answer_html(answered(text=text, statements=statements, citations=citations), 1, find)
    assert '<s class="cd-struck">' in html and "Not supported by the archive" in html and "<b>" not in html
    assert "cd-unverified" not in html


def test_the_quote_is_marked_in_its_passage() -> None:
    panel = Shown(render.sources_html(answered(), 1, find))
    assert panel.marked[0] == QUOTE
    assert "<script>alert(1)</script> it rained." in panel.text, "the passage before the quote is shown"
    assert "8 Nov 2023" in panel.text


def test_a_quote_outside_every_passage_stands_alone() -> None:
    source = cited_sources(answered(passages=()))[0]
    assert (source.before, source.quote, source.after) == ("", QUOTE, "")


def test_the_passage_around_a_quote_is_exact() -> None:
    source = cited_sources(answered())[0]
    assert source.before + source.quote + source.after == HOSTILE[7:]


def test_unknown_markers_are_no_links() -> None:
    answer = answered()
    shown = Shown(render.answer_html(answered(text=answer.text + " [7]"), 1, find))
    assert "[7]" in shown.text
    assert not any(link.endswith("-7") for link in shown.links)


def test_only_web_addresses_are_linked() -> None:
    assert "alert(8)" not in Shown(render.sources_html(answered(), 1, find)).text
    web = Article(HOSTILE, title="t", url='https://example.org/?q="a"&b=<c>', id="a1")
    shown = Shown(render.sources_html(answered(article=web), 1, find))
    assert shown.links[0] == web.url


def test_refusal_says_why_and_links_the_nearest_articles() -> None:
    answer = refused()
    shown = Shown(render.answer_html(answer, 2, find))
    assert "The archive does not say." in shown.text
    assert "The archive covers <one> day" in shown.text
    assert shown.links == ["#source-2-1"]
    assert "source-2-1" in Shown(render.sources_html(answer, 2, find)).ids


def test_each_near_article_is_named_once_best_first() -> None:
    one = answered().passages[0]
    passages = [one, one, *(type(one)(i, 0, 3, i, 0.1) for i in "xyz")]
    answer = answered(abstained=True, passages=tuple(passages))
    nearest = nearest_sources(answer, lambda i: ArticleRef(i, i, None, None))
    assert [s.article.id for s in nearest] == ["a1", "x", "y"]


def test_a_fallback_says_why_the_llm_was_not_used() -> None:
    shown = Shown(render.answer_html(answered(reason="the LLM did not answer in 30 s"), 1, find))
    assert "The LLM did not answer in 30 s." in shown.text


def test_a_dialogue_keeps_every_answers_sources_newest_first() -> None:
    entries = (Entry("one", answer=answered("one")), Entry("two"), Entry("three", answer=refused("three")))
    panel = Shown(dialogue.sources(entries, find))
    assert [i for i in panel.ids if i.startswith("turn-")] == ["turn-3", "turn-1"]
    said = dialogue.messages(entries, find)
    assert [m["role"] for m in said] == ["user", "assistant"] * 3
    assert [t.question for t in dialogue.history(entries)] == ["one", "three"], (
        "an unfinished turn is no history"
    )


def test_stopping_keeps_what_was_said_and_touches_no_finished_answer() -> None:
    running = (Entry("q", draft="It rained. [1]"),)
    stopped = dialogue.stop(running)
    text = Shown(dialogue.messages(stopped, find)[1]["content"]).text
    assert "It rained." in text and "Stopped." in text
    assert not stopped[0].running
    done = (Entry("q", answer=answered()),)
    assert dialogue.stop(done) == done
    assert dialogue.stop(()) == ()
