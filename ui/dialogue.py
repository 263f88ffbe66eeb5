"""The page's side of a conversation: what was asked and said, as chat messages and as sources."""

from __future__ import annotations

from dataclasses import dataclass, replace

from rag.answer import Answer, Turn
from ui import render
from ui.sources import FindArticle

Message = dict[str, str]


@dataclass(frozen=True, slots=True)
class Entry:
    """One question and what has come of it: a draft, then an answer, a problem, or nothing more."""

    question: str
    draft: str = ""
    answer: Answer | None = None
    problem: str | None = None
    stopped: bool = False

    @property
    def running(self) -> bool:
        """Whether an answer is still to come."""
        return self.answer is None and self.problem is None and not self.stopped


Dialogue = tuple[Entry, ...]


def history(dialogue: Dialogue) -> tuple[Turn, ...]:
    """The exchanges that were completed."""
    return tuple(Turn(e.question, e.answer.text) for e in dialogue if e.answer)


def with_last(dialogue: Dialogue, **changes: object) -> Dialogue:
    """The dialogue with its last entry changed."""
    return (*dialogue[:-1], replace(dialogue[-1], **changes))  # type: ignore[arg-type]


def stop(dialogue: Dialogue) -> Dialogue:
    """The dialogue with its running answer given up."""
    return with_last(dialogue, stopped=True) if dialogue and dialogue[-1].running else dialogue


def messages(dialogue: Dialogue, find: FindArticle) -> list[Message]:
    """The dialogue as safe chat messages."""
    shown: list[Message] = []
    for turn, entry in enumerate(dialogue, start=1):
        shown.append({"role": "user", "content": render.question_html(entry.question)})
        shown.append({"role": "assistant", "content": _said(entry, turn, find)})
    return shown


def _said(entry: Entry, turn: int, find: FindArticle) -> str:
    if entry.answer:
        return render.answer_html(entry.answer, turn, find)
    if entry.problem:
        return render.problem_html(entry.problem)
    if entry.stopped:
        return render.stopped_html(entry.draft)
    return render.draft_html(entry.draft) if entry.draft else render.waiting_html()


def sources(dialogue: Dialogue, find: FindArticle) -> str:
    """The sources of every answer for the panel, the newest first and opened."""
    answered = [(turn, e.answer) for turn, e in enumerate(dialogue, start=1) if e.answer]
    shown = [
        render.sources_html(answer, turn, find, latest=turn == answered[-1][0])
        for turn, answer in reversed(answered)
    ]
    return render.panel_html(shown)
