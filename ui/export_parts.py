"""What every export of a conversation says, before it becomes Markdown or HTML."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import metadata

from rag.answer import Answer, Citation, Statement
from ui.payloads import answer_of
from ui.store.conversations import Conversation, Exchange
from ui.words import long_date, sentence

UNVERIFIED = "unverified"
UNVERIFIED_WHY = "Not every figure and name of this sentence was found in its source"
_OUTCOMES = {
    "running": "The answer was still being written.",
    "stopped": "Stopped before the answer was complete.",
    "interrupted": "The server stopped before the answer was complete.",
}


@dataclass(frozen=True, slots=True)
class Sentence:
    """A statement without its markers; ``struck`` if nothing bears it out."""

    text: str
    numbers: tuple[int, ...]
    verified: bool

    @property
    def struck(self) -> bool:
        """Whether it has no source at all."""
        return not self.numbers


@dataclass(frozen=True, slots=True)
class Told:
    """An exchange in words: ``answer`` is None if none came, and then ``outcome`` says why."""

    number: int
    question: str
    asked: str
    outcome: str
    answer: Answer | None
    sentences: tuple[Sentence, ...]
    notes: tuple[str, ...]


def version() -> str:
    """Of the citedesk that is running."""
    try:
        return metadata.version("citedesk")
    except metadata.PackageNotFoundError:
        return "0"


def moment(when: dt.datetime) -> str:
    """A point in time as people write it.

    >>> moment(dt.datetime(2023, 11, 8, 9, 5, tzinfo=dt.UTC))
    '8 Nov 2023, 09:05 UTC'
    """
    utc = when.astimezone(dt.UTC)
    return f"{long_date(utc.date())}, {utc:%H:%M} UTC"


def title(conversation: Conversation) -> str:
    """The conversation's title, or what it is called without one."""
    return conversation.title or "A conversation without a title"


def markers(numbers: Sequence[int]) -> str:
    """The markers that follow a sentence.

    >>> markers((1, 3))
    ' [1][3]'
    """
    return " " + "".join(f"[{n}]" for n in numbers) if numbers else ""


def words_of(statement: Statement) -> Sentence:
    """The statement apart from its markers. Brackets with digits that an article has of its own stay words.

    >>> words_of(Statement("It rained [2] days. [1]", 0, 23, (1,), "verified"))
    Sentence(text='It rained [2] days.', numbers=(1,), verified=True)
    """
    text = statement.text.removesuffix(markers(statement.citations))
    return Sentence(text, statement.citations, statement.support == "verified")


def place(citation: Citation) -> str:
    """Where a quote stands, beside its article's id.

    >>> from rag.answer import ArticleRef
    >>> place(Citation(1, ArticleRef("a", "Rain", None, None), 0, 1204, ""))
    'characters 0 to 1,204'
    """
    return f"characters {citation.start:,} to {citation.end:,}"


def tell(exchange: Exchange, number: int) -> Told:
    """An exchange in words; ``number`` counts those of its conversation from 1."""
    answer = answer_of(exchange.answer) if exchange.answer else None
    outcome = ""
    if answer is None:
        outcome = _OUTCOMES.get(exchange.state, f"No answer came: {exchange.problem or 'no reason is known'}")
    sentences = tuple(map(words_of, answer.statements)) if answer else ()
    return Told(
        number, exchange.question, _asked(exchange), sentence(outcome), answer, sentences, _notes(answer)
    )


def _asked(exchange: Exchange) -> str:
    """When a question was asked, and within which bounds."""
    asked = exchange.asked
    parts = [f"Asked {moment(exchange.created)}"]
    parts += [f"{name} {asked[key]}" for key, name in _BOUNDS.items() if asked.get(key)]
    parts += [f"{name} {', '.join(map(str, asked[key]))}" for key, name in _OUTLETS.items() if asked.get(key)]
    return " · ".join(parts)


_BOUNDS = {"as_of": "as of", "since": "since", "until": "until"}
_OUTLETS = {"include": "only from", "exclude": "without"}


def _notes(answer: Answer | None) -> tuple[str, ...]:
    """What is to be known of an answer beside its words."""
    if answer is None:
        return ()
    notes = []
    if answer.reason:
        notes.append(sentence(answer.reason))
    if answer.standalone_question not in ("", answer.question):
        notes.append(f"Understood as: {answer.standalone_question}")
    by = "the archive’s own sentences" if answer.model == "extractive" else f"written by {answer.model}"
    if not answer.abstained:
        notes.append(sentence(by[0].upper() + by[1:]))
    day = f"As of {long_date(answer.as_of)}. " if answer.as_of else ""
    notes.append(f"{day}Archive state {answer.archive_fingerprint}.")
    return tuple(notes)
