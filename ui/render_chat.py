"""A conversation as HTML: its exchanges with what can be done with each, and the list of conversations."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rag.answer import Answer
from ui.payloads import answer_of
from ui.render import (
    answer_html,
    attribute,
    draft_html,
    escape,
    plain_text,
    problem_html,
    stopped_html,
    waiting_html,
)
from ui.render_about import about_html
from ui.render_timeline import points, timeline_html, worth_drawing
from ui.sources import FindArticle
from ui.store.conversations import Conversation, Exchange

INTERRUPTED = "Interrupted: the server stopped before the answer was complete. Retry asks again."
RUNNING = "Still being answered; this page looks again by itself."
_QUESTION_CHARS = 3000
_THUMB = (
    '<svg viewBox="0 0 20 20" aria-hidden="true"><path d="M6 9v8H3V9h3zm2 8h6.2c.7 0 1.3-.5 1.5-1.2l1.2-5'
    'c.2-.9-.5-1.8-1.5-1.8H11.600l.7-3.300c.2-1-.5-1.900-1.500-1.900L8 9v8z"></path></svg>'
)


@dataclass(frozen=True, slots=True)
class Archived:
    """What an exchange has to ask the archive as it is now: articles, what it covers, origins of an answer."""

    find: FindArticle
    held: Callable[[], str]
    origins: Callable[[Answer], int]


def exchange_html(
    said: Exchange, archived: Archived, *, last: bool = False, thumb: bool | None = None
) -> str:
    """A question and what came of it. Only the ``last`` one can be edited, undone and asked again."""
    running = ' data-running="1"' if said.state == "running" else ""
    return (
        f'<section class="cd-exchange" id="x-{said.id}" data-id="{said.id}" data-state="{said.state}"{running}>'
        f"{_question_html(said, last=last)}{_said_html(said, archived)}{_actions_html(said, last=last, thumb=thumb)}"
        "</section>"
    )


def live_html(said: Exchange, draft: str) -> str:
    """The exchange that is being answered in this tab."""
    body = draft_html(draft) if draft else waiting_html()
    asked = _question_html(said, last=False)
    return f'<section class="cd-exchange cd-live" data-id="{said.id}">{asked}{body}</section>'


def _question_html(said: Exchange, *, last: bool) -> str:
    asked = said.question
    short = asked if len(asked) <= _QUESTION_CHARS else asked[:_QUESTION_CHARS] + "…"
    tools = ""
    if last:
        tools = (
            f'<div class="cd-tools"><button type="button" data-do="edit" data-exchange="{said.id}"'
            f' data-question="{attribute(short)}">Edit</button>'
            f'<button type="button" data-do="undo" data-exchange="{said.id}">Undo</button></div>'
        )
    return f'<div class="cd-asker"><h3 class="cd-question">{escape(short)}</h3>{tools}</div>'


def _said_html(said: Exchange, archived: Archived) -> str:
    if said.answer:
        answer = answer_of(said.answer)
        held = archived.held() if answer.abstained else None
        plot = timeline_html(points(answer, archived.find), said.id) if worth_drawing(answer) else ""
        about = about_html(answer, said.asked, 0 if answer.abstained else archived.origins(answer))
        return answer_html(answer, said.id, archived.find, held=held) + plot + about
    if said.state == "failed":
        return problem_html(said.problem or "no answer came; ask again")
    if said.state == "interrupted":
        return stopped_html(said.draft, INTERRUPTED)
    if said.state == "running":
        return stopped_html(said.draft, RUNNING)
    return stopped_html(said.draft)


def _actions_html(said: Exchange, *, last: bool, thumb: bool | None) -> str:
    parts: list[str] = []
    if said.answer:
        words = attribute(plain_text(answer_of(said.answer)))
        parts.append(f'<button type="button" data-do="copy" data-words="{words}">Copy</button>')
        parts.append(f'<button type="button" data-do="sources" data-exchange="{said.id}">Sources</button>')
    if last and said.state != "running":
        parts.append(f'<button type="button" data-do="retry" data-exchange="{said.id}">Retry</button>')
    if said.answer:
        parts += [_thumb_html(said.id, True, thumb is True), _thumb_html(said.id, False, thumb is False)]
    more = f'<div class="cd-follow" data-exchange="{said.id}"></div>' if last and said.answer else ""
    return f'<div class="cd-actions">{"".join(parts)}</div>{more}'


def _thumb_html(key: str, good: bool, pressed: bool) -> str:
    return (
        f'<button type="button" class="cd-thumb cd-{"up" if good else "down"}" data-do="like" data-exchange="{key}"'
        f' data-good="{int(good)}" aria-pressed="{str(pressed).lower()}"'
        f' aria-label="{"Good" if good else "Bad"} answer" title="{"Good" if good else "Bad"} answer">{_THUMB}</button>'
    )


def conversation_html(
    about: Conversation,
    shown: Sequence[Exchange],
    archived: Archived,
    thumbs: dict[str, bool],
    note: str = "",
    *,
    answering: bool = False,
) -> str:
    """A conversation with the last of its exchanges; while the tab is ``answering``, none can be changed."""
    earlier = ""
    if (left := about.exchanges - len(shown)) > 0:
        more = len(shown) + 50
        earlier = f'<a class="cd-earlier" href="#c={about.id}&shown={more}">Show earlier ({left:,} more)</a>'
    body = "".join(
        exchange_html(each, archived, last=n == len(shown) and not answering, thumb=thumbs.get(each.id))
        for n, each in enumerate(shown, start=1)
    )
    said = f'<div class="cd-note" role="status">{escape(note)}</div>' if note else ""
    return (
        f'<div class="cd-conversation" data-conversation="{about.id}" data-title="{attribute(about.title)}">'
        f"{_head_html(about)}{earlier}{body}{said}</div>"
    )


def _head_html(about: Conversation) -> str:
    links = "".join(
        f'<a href="v1/conversations/{about.id}/export?format={form}" download>{name}</a>'
        for form, name in (("markdown", "Markdown"), ("html", "HTML"), ("pack", "Evidence pack"))
    )
    return (
        f'<div class="cd-head"><h2>{escape(about.title or "New conversation")}</h2>'
        f'<details class="cd-export"><summary>Export</summary><div>{links}</div></details></div>'
    )


def missing_html() -> str:
    """Where a conversation was asked for that there is not (any more)."""
    words = "This conversation is not here any more. Ask a question to begin another."
    return f'<div class="cd-note" role="status" data-missing="1">{words}</div>'


def list_html(owned: Sequence[Conversation], current: str | None) -> str:
    """The conversations of a person, the latest first."""
    listed = "".join(_item_html(each, each.id == current) for each in owned)
    shown = (
        f"<ul>{listed}</ul>" if owned else '<p class="cd-empty">Your conversations will be listed here.</p>'
    )
    return f'<nav aria-label="Conversations">{shown}</nav>'


def _item_html(each: Conversation, current: bool) -> str:
    title = each.title or "New conversation"
    here = ' aria-current="page"' if current else ""
    return (
        f'<li class="cd-item" data-id="{each.id}" data-title="{attribute(title)}">'
        f'<a href="#c={each.id}"{here}>{escape(title)}</a>'
        f'<button type="button" data-do="rename" aria-label="Rename {attribute(title)}" title="Rename">✎</button>'
        f'<button type="button" data-do="delete" aria-label="Delete {attribute(title)}" title="Delete">✕</button></li>'
    )
