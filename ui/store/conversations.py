"""Conversations: who asked what, and what came of it, kept through reloads and restarts.

Each belongs to its owner: to anybody else it does not exist.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from index.errors import BadInput
from ui.store.schema import conversations, exchanges, reading

State = Literal["running", "answered", "failed", "stopped", "interrupted"]
TITLE_CHARS = 120
LONGEST_RUN = dt.timedelta(minutes=15)
"""After which a running answer counts as interrupted, wherever its server may be; it can still come."""


class ConversationNotFound(BadInput):
    """There is no such conversation, or it is somebody else's."""


@dataclass(frozen=True, slots=True)
class Conversation:
    """A conversation as a list shows it; ``exchanges`` is how many it has."""

    id: str
    owner: str
    title: str
    created: dt.datetime
    updated: dt.datetime
    exchanges: int


@dataclass(frozen=True, slots=True)
class Exchange:
    """A question and what has come of it.

    ``asked`` holds what it was asked with (``as_of``, ``since``, ``until``, ``llm``, ``include``, ``exclude``), as far
    as given; ``answer`` is the payload of an Answer (``ui.payloads``); ``place`` counts from 1, and may leave gaps.
    """

    id: str
    conversation: str
    place: int
    question: str
    created: dt.datetime
    asked: dict[str, Any] = field(default_factory=dict)
    state: State = "running"
    draft: str = ""
    answer: dict[str, Any] | None = None
    problem: str | None = None


class Conversations:
    """The conversations of all owners. Safe from several threads and several servers."""

    def __init__(self, engine: Engine, *, server: str = "") -> None:
        self._engine = engine
        self._reading = reading(engine)
        self._server = server

    def create(self, owner: str, title: str = "") -> Conversation:
        """A new, empty one; without a title it takes that of its first question."""
        now, key = _now(), uuid.uuid4().hex
        with self._engine.begin() as at:
            at.execute(
                conversations.insert().values(
                    id=key, owner=owner, title=_title(title), created=now, updated=now
                )
            )
        return Conversation(key, owner, _title(title), now, now, 0)

    def of(self, owner: str, limit: int = 100, offset: int = 0) -> list[Conversation]:
        """An owner's, the most recently used first."""
        with self._reading.connect() as at:
            found = at.execute(
                _summary(owner)
                .order_by(conversations.c.updated.desc(), conversations.c.id)
                .limit(limit)
                .offset(offset)
            )
            return [Conversation(*row) for row in found]

    def get(self, owner: str, key: str) -> Conversation:
        """One. Raises ConversationNotFound."""
        with self._reading.connect() as at:
            row = at.execute(_summary(owner).where(conversations.c.id == key)).first()
        if row is None:
            raise _not_found(key)
        return Conversation(*row)

    def check(self, owner: str, key: str) -> None:
        """As ``get``, for the error alone: it need not count all that was ever said."""
        with self._reading.connect() as at:
            if not at.execute(_mine(sa.select(conversations.c.id), owner, key)).first():
                raise _not_found(key)

    def rename(self, owner: str, key: str, title: str) -> Conversation:
        """Give it another title, cut at 120 characters. Raises ConversationNotFound."""
        self._change(owner, conversations.update().values(title=_title(title)), key)
        return self.get(owner, key)

    def delete(self, owner: str, key: str) -> None:
        """Delete it with all that was said. Raises ConversationNotFound."""
        self._change(owner, conversations.delete(), key)

    def exchanges(
        self, owner: str, key: str, *, last: int | None = None, before: int | None = None
    ) -> list[Exchange]:
        """What was said, the oldest first; all of it, or the ``last`` few, before a place or at the end.

        Raises ConversationNotFound.
        """
        asked = (
            sa.select(*_columns()).where(exchanges.c.conversation == key).order_by(exchanges.c.place.desc())
        )
        if before is not None:
            asked = asked.where(exchanges.c.place < before)
        self.check(owner, key)
        with self._reading.connect() as at:
            return [_exchange(row) for row in at.execute(asked.limit(last))][::-1]

    def told(self, owner: str, key: str, last: int) -> list[tuple[str, str]]:
        """Questions and the texts of their answers, the oldest first, of the ``last`` exchanges that have any.

        The rest of the answers, which is long, is not read. Raises ConversationNotFound.
        """
        self.check(owner, key)
        newest = (
            sa.select(exchanges.c.place, exchanges.c.question, exchanges.c.answer)
            .where(exchanges.c.conversation == key)
            .order_by(exchanges.c.place.desc())
            .limit(last)
            .subquery()
        )
        text = newest.c.answer["text"].as_string()
        asked = (
            sa.select(newest.c.question, text).where(newest.c.answer.is_not(None)).order_by(newest.c.place)
        )
        with self._reading.connect() as at:
            return [(question, said) for question, said in at.execute(asked)]

    def exchange(self, owner: str, key: str) -> Exchange:
        """One exchange by its id. Raises ConversationNotFound."""
        mine = sa.select(conversations.c.id).where(conversations.c.owner == owner)
        asked = sa.select(*_columns()).where(exchanges.c.id == key, exchanges.c.conversation.in_(mine))
        with self._reading.connect() as at:
            row = at.execute(asked).first()
        if row is None:
            raise ConversationNotFound(f"there is no exchange {key[:40]!r}; list those of its conversation")
        return _exchange(row)

    def begin(self, owner: str, key: str, question: str, asked: dict[str, Any] | None = None) -> Exchange:
        """Write a question down before it is answered; several tabs may. Raises ConversationNotFound."""
        made = Exchange(uuid.uuid4().hex, key, 0, question, _now(), asked or {})
        title = sa.case((conversations.c.title == "", _title(question)), else_=conversations.c.title)
        highest = sa.select(sa.func.max(exchanges.c.place)).where(exchanges.c.conversation == key)
        with self._engine.begin() as at:
            # First of all, for it makes others who write to this conversation wait, in PostgreSQL too.
            changed = at.execute(
                _mine(conversations.update(), owner, key).values(updated=made.created, title=title)
            )
            if not changed.rowcount:
                raise _not_found(key)
            place = (at.execute(highest).scalar() or 0) + 1
            at.execute(
                exchanges.insert().values(
                    id=made.id,
                    conversation=key,
                    place=place,
                    question=question,
                    asked=made.asked,
                    state="running",
                    draft="",
                    server=self._server,
                    created=made.created,
                )
            )
        return replace(made, place=place)

    def finish(self, exchange: str, answer: dict[str, Any]) -> None:
        """The answer has come."""
        self._settle(exchange, state="answered", answer=answer)

    def fail(self, exchange: str, problem: str) -> None:
        """No answer came; ``problem`` is one line for the user."""
        self._settle(exchange, state="failed", problem=problem)

    def stop(self, exchange: str, draft: str = "") -> None:
        """The user stopped it, or left; ``draft`` is what had been said."""
        self._settle(exchange, state="stopped", draft=draft)

    def _settle(self, exchange: str, **values: Any) -> None:
        with self._engine.begin() as at:
            at.execute(
                exchanges.update()
                .where(exchanges.c.id == exchange, exchanges.c.state.in_(("running", "interrupted")))
                .values(**values)
            )

    def drop_last(self, owner: str, key: str) -> Exchange | None:
        """Take the last exchange back (undo, retry, edit) and return it. Raises ConversationNotFound."""
        last = self.exchanges(owner, key, last=1)
        if not last:
            return None
        with self._engine.begin() as at:
            at.execute(exchanges.delete().where(exchanges.c.id == last[0].id))
        return last[0]

    def recover(self) -> int:
        """Call at start: answers that were running when this server last died are interrupted. How many."""
        mine = exchanges.c.server == self._server
        old = exchanges.c.created < _now() - LONGEST_RUN
        with self._engine.begin() as at:
            done = at.execute(
                exchanges.update()
                .where(exchanges.c.state == "running", sa.or_(mine, old))
                .values(state="interrupted")
            )
        return done.rowcount

    def _change(self, owner: str, statement: Any, key: str) -> None:
        with self._engine.begin() as at:
            done = at.execute(_mine(statement, owner, key))
        if not done.rowcount:
            raise _not_found(key)


def _mine(statement: Any, owner: str, key: str) -> Any:
    """The statement for one conversation, if it is this owner's."""
    return statement.where(conversations.c.id == key, conversations.c.owner == owner)


def _not_found(key: str) -> ConversationNotFound:
    return ConversationNotFound(f"there is no conversation {key[:40]!r}; list those that there are")


def _summary(owner: str) -> sa.Select[Any]:
    count = (
        sa.select(sa.func.count())
        .where(exchanges.c.conversation == conversations.c.id)
        .correlate(conversations)
        .scalar_subquery()
    )
    c = conversations.c
    return sa.select(c.id, c.owner, c.title, c.created, c.updated, count).where(c.owner == owner)


def _columns() -> Sequence[sa.Column[Any]]:
    c = exchanges.c
    return (
        c.id,
        c.conversation,
        c.place,
        c.question,
        c.created,
        c.asked,
        c.state,
        c.draft,
        c.answer,
        c.problem,
    )


def _exchange(row: Any) -> Exchange:
    found = Exchange(*row)
    if found.state == "running" and found.created < _now() - LONGEST_RUN:  # its server may never come back
        return replace(found, state="interrupted")
    return found


def _title(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= TITLE_CHARS else line[: TITLE_CHARS - 1] + "…"


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)
