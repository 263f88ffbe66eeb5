"""Feedback: thumbs up or down on an answer, and why; told as gold questions for the evaluation harness."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from ui.store.conversations import Conversations
from ui.store.schema import exchanges, feedback, reading

REASON_CHARS = 2000


class Feedback:
    """What people thought of answers; the last word on each counts."""

    def __init__(self, engine: Engine, conversations: Conversations) -> None:
        self._engine = engine
        self._reading = reading(engine)
        self._conversations = conversations

    def give(self, owner: str, exchange: str, *, good: bool, reason: str = "") -> None:
        """Thumbs up or down on an exchange of one's own. Raises ConversationNotFound."""
        self._conversations.exchange(owner, exchange)
        with self._engine.begin() as at:
            at.execute(feedback.delete().where(feedback.c.exchange == exchange))
            at.execute(
                feedback.insert().values(
                    exchange=exchange,
                    owner=owner,
                    good=good,
                    reason=reason[:REASON_CHARS],
                    created=dt.datetime.now(dt.UTC),
                )
            )

    def take_back(self, owner: str, exchange: str) -> None:
        """Neither up nor down. Raises ConversationNotFound."""
        self._conversations.exchange(owner, exchange)
        with self._engine.begin() as at:
            at.execute(feedback.delete().where(feedback.c.exchange == exchange))

    def of(self, owner: str, conversation: str, among: Sequence[str] | None = None) -> dict[str, bool]:
        """Thumbs by exchange of a conversation of one's own, or ``among`` some of its exchanges.

        Raises ConversationNotFound.
        """
        self._conversations.check(owner, conversation)
        asked = sa.select(feedback.c.exchange, feedback.c.good)
        if among is None:
            asked = asked.join(exchanges, exchanges.c.id == feedback.c.exchange)
            asked = asked.where(exchanges.c.conversation == conversation)
        else:  # a join would go through all that was ever said there
            said_in = sa.select(exchanges.c.conversation).where(exchanges.c.id == feedback.c.exchange)
            asked = asked.where(feedback.c.exchange.in_(among), said_in.scalar_subquery() == conversation)
        with self._reading.connect() as at:
            return {row.exchange: row.good for row in at.execute(asked)}

    def gold(self) -> Iterator[dict[str, Any]]:
        """Each judged answer as a gold question (see ``eval.gold``), the oldest first.

        An answer that was found good gives its short form as the right one, and its quotes as evidence. One that
        was found bad comes without answers: a person is to fill in the right one.
        """
        asked = (
            sa.select(exchanges, feedback.c.good, feedback.c.reason)
            .join(feedback, feedback.c.exchange == exchanges.c.id)
            .order_by(feedback.c.created)
        )
        with self._reading.connect() as at:
            for row in at.execute(asked):
                yield _gold(row.id, row.question, row.answer, row.good, row.reason)


def _gold(key: str, question: str, answer: dict[str, Any] | None, good: bool, reason: str) -> dict[str, Any]:
    said = answer or {}
    whole = said.get("standalone_question") or question
    made: dict[str, Any] = {"id": f"feedback-{key}", "question": whole, "answers": []}
    if said.get("as_of"):
        made["as_of"] = said["as_of"]
    if good and said.get("abstained"):
        made["answerable"] = False
    elif good and said:
        made["answers"] = [said["short"] or said["text"]]
        made["evidence"] = [{"article": c["article"]["id"], "quote": c["quote"]} for c in said["citations"]]
    return made | {"good": good, "reason": reason}
