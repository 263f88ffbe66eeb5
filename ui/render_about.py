"""How an answer came about: what was searched, from when, of how many origins, how sure, how long."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rag.answer import Answer
from ui.render import escape
from ui.words import counted, long_date


def about_html(answer: Answer, asked: Mapping[str, Any], origins: int) -> str:
    """One line below the answer that opens to the whole account.

    ``asked`` is what the question was asked with (see ``Exchange``), ``origins`` how many of the cited articles
    tell the story independently of each other.
    """
    rows = "".join(
        f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>"
        for name, value in _rows(answer, asked, origins)
    )
    line = escape(" · ".join(_line(answer, origins)))
    return f'<details class="cd-about"><summary class="cd-made">{line}</summary><dl>{rows}</dl></details>'


def _line(answer: Answer, origins: int) -> list[str]:
    parts = [f"As of {long_date(answer.as_of)}"] if answer.as_of else []
    if answer.standalone_question not in ("", answer.question):
        parts.append(f"Understood as: {answer.standalone_question}")
    if not answer.abstained:
        parts += [counted(origins, "independent origin"), f"confidence {answer.confidence:.0%}"]
    if taken := _taken(answer):
        parts.append(taken)
    return parts or ["How this came about"]


def _rows(answer: Answer, asked: Mapping[str, Any], origins: int) -> list[tuple[str, str]]:
    articles = len({p.article_id for p in answer.passages})
    rows = [
        ("Searched for", answer.standalone_question or answer.question),
        ("As of", long_date(answer.as_of)),
        ("Published", _published(asked)),
    ]
    if chosen := _chosen(asked):
        rows.append(("Sources", chosen))
    rows.append(("Read", f"{counted(len(answer.passages), 'passage')} of {counted(articles, 'article')}"))
    if not answer.abstained:
        rows += [("Cited", _cited(answer)), ("Independent origins", str(origins))]
    rows.append(("Confidence", f"{answer.confidence:.0%}"))
    words = "the archive’s own sentences" if answer.model == "extractive" else answer.model
    rows.append(("Worded by", words))
    steps = ", ".join(f"{name} {_ms(ms)}" for name, ms in answer.timings_ms.items() if name != "total")
    if taken := _taken(answer):
        rows.append(("Time taken", f"{taken} ({steps})" if steps else taken))
    return rows


def _published(asked: Mapping[str, Any]) -> str:
    since, until = asked.get("since"), asked.get("until")
    if since and until:
        return f"{_day(since)} to {_day(until)}"
    if since:
        return f"from {_day(since)}"
    return f"until {_day(until)}" if until else "any day up to the as-of date"


def _day(value: object) -> str:
    try:
        return long_date(str(value))
    except ValueError:  # what was typed is shown as it is
        return str(value)


def _chosen(asked: Mapping[str, Any]) -> str:
    only, but = asked.get("include") or (), asked.get("exclude") or ()
    parts = ["only " + ", ".join(map(str, only))] if only else []
    return "; ".join(parts + (["without " + ", ".join(map(str, but))] if but else []))


def _cited(answer: Answer) -> str:
    days = sorted({c.article.date for c in answer.citations if c.article.date})
    told = counted(len({c.article.id for c in answer.citations}), "article")
    if not days:
        return told
    return f"{told}, {long_date(days[0])}" + (f" to {long_date(days[-1])}" if len(days) > 1 else "")


def _taken(answer: Answer) -> str:
    total = answer.timings_ms.get("total")
    return _ms(total) if total else ""


def _ms(ms: float) -> str:
    return f"{ms:,.0f} ms" if ms < 1000 else f"{ms / 1000:.1f} s"
