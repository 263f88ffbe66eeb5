"""What the chat does: each step reads the store again, so that several tabs may hold the same conversation."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import anyio.to_thread

from index.errors import CitedeskError
from rag.answer import Answer
from ui import render_chat as render
from ui.origins import origins
from ui.page.told import Told
from ui.people import Person
from ui.sources import finder
from ui.store.conversations import ConversationNotFound, Exchange
from ui.words import coverage

if TYPE_CHECKING:
    from ui.service import Service

ELSEWHERE = "Another tab has added to this conversation; this is how it stands now."


@dataclass(frozen=True, slots=True)
class View:
    """What is to be shown: the conversation, the answer that is being given, the list. None leaves a part."""

    past: str | None = None
    live: str | None = None
    listing: str | None = None


@dataclass(frozen=True)
class Chat:
    """A service as the chat page uses it. ``_drafts`` holds what running answers have said, by exchange."""

    service: Service
    _drafts: dict[str, str] = field(default_factory=dict)

    def show(self, person: Person, told: Told, note: str = "") -> View:
        """The conversation that is open, as the store has it now, and the list."""
        return View(self._past(person, told, note), "", self.listing(person, told.conversation))

    def listing(self, person: Person, current: str | None) -> str:
        """The person's conversations."""
        return render.list_html(self.service.conversations.of(person.name), current)

    def _past(self, person: Person, told: Told, note: str) -> str:
        kept, key = self.service.conversations, told.conversation
        if not key:
            return ""
        try:
            about = kept.get(person.name, key)
            shown = [self._with_draft(each) for each in kept.exchanges(person.name, key, last=told.shown)]
            thumbs = self.service.feedback.of(person.name, key, [each.id for each in shown])
        except ConversationNotFound:
            return render.missing_html()
        return render.conversation_html(about, shown, self._archived(), thumbs, note)

    def _with_draft(self, said: Exchange) -> Exchange:
        draft = self._drafts.get(said.id) if said.state == "running" else None
        return replace(said, draft=draft) if draft else said

    def _archived(self) -> render.Archived:
        archive = self.service.desk.archive

        def held() -> str:
            status = archive.status()
            return coverage(status.articles, status.oldest, status.newest)

        return render.Archived(finder(archive), held, partial(origins, archive=archive))

    async def ask(
        self, person: Person, told: Told, question: str, asked: dict[str, Any]
    ) -> AsyncGenerator[View, None]:
        """What is to be shown, each time there is something new; nothing for an empty question."""
        if not question.strip():
            return
        begun = await anyio.to_thread.run_sync(self._begin, person, told, question.strip(), asked)
        told = replace(told, conversation=begun.conversation)
        self._drafts[begun.id] = ""
        try:
            before = replace(told, shown=told.shown + 1)
            past = await anyio.to_thread.run_sync(self._before, person, before, begun)
            yield View(past, render.live_html(begun, ""), self.listing(person, begun.conversation))
            async for draft in self._drafted(person, begun):
                yield View(live=render.live_html(begun, draft))
        finally:
            if (said := self._drafts.pop(begun.id, None)) is not None:
                self.service.conversations.stop(begun.id, said)  # changes nothing if it has ended
        yield await anyio.to_thread.run_sync(self.show, person, told)

    async def _drafted(self, person: Person, begun: Exchange) -> AsyncGenerator[str, None]:
        service = self.service
        try:
            async with aclosing(service.streams.throttled(lambda: service.stream(person, begun))) as items:
                async for item in items:
                    if not isinstance(item, Answer):
                        self._drafts[begun.id] = item.text
                        yield item.text
        except CitedeskError as error:
            service.conversations.fail(begun.id, str(error))  # as the service did, unless the server stops

    def _begin(self, person: Person, told: Told, question: str, asked: dict[str, Any]) -> Exchange:
        kept = self.service.conversations
        if told.conversation:
            with suppress(ConversationNotFound):  # deleted in another tab: the question begins a new one
                return self.service.begin(person, told.conversation, question, asked)
        return self.service.begin(person, kept.create(person.name).id, question, asked)

    def _before(self, person: Person, told: Told, begun: Exchange) -> str:
        """The conversation without the question that is being answered in this tab."""
        kept = self.service.conversations
        about = kept.get(person.name, begun.conversation)
        shown = [
            e for e in kept.exchanges(person.name, begun.conversation, last=told.shown) if e.id != begun.id
        ]
        thumbs = self.service.feedback.of(person.name, begun.conversation, [e.id for e in shown])
        about = replace(about, exchanges=about.exchanges - 1)
        return render.conversation_html(about, shown, self._archived(), thumbs, answering=True)

    async def again(self, person: Person, told: Told, asked: dict[str, Any]) -> AsyncGenerator[View, None]:
        """Ask the last question once more, or another in its place."""
        dropped = await anyio.to_thread.run_sync(self._drop, person, told)
        if dropped is None:
            yield await anyio.to_thread.run_sync(self.show, person, told, ELSEWHERE)
            return
        async with aclosing(self.ask(person, told, told.question or dropped.question, asked)) as views:
            async for view in views:
                yield view

    def undo(self, person: Person, told: Told) -> tuple[View, str | None]:
        """Take the last question back; it comes back to be asked in other words."""
        dropped = self._drop(person, told)
        return self.show(person, told, "" if dropped else ELSEWHERE), dropped.question if dropped else None

    def _drop(self, person: Person, told: Told) -> Exchange | None:
        """Drop the last exchange if it is the one that was meant."""
        kept = self.service.conversations
        try:
            last = kept.exchanges(person.name, told.conversation or "", last=1)
            if not last or last[0].id != told.exchange:
                return None
            return kept.drop_last(person.name, told.conversation or "")
        except ConversationNotFound:
            return None

    def stop(self, person: Person, told: Told) -> View:
        """Give up what this tab was waiting for."""
        try:
            last = self.service.conversations.exchanges(person.name, told.conversation or "", last=1)
        except ConversationNotFound:
            last = []
        if last and last[0].state == "running":
            self.service.conversations.stop(last[0].id, self._drafts.get(last[0].id, ""))
        return self.show(person, told)

    def rename(self, person: Person, told: Told) -> View:
        """Give a conversation another title; without words it keeps the one it has."""
        if told.title.strip():
            with suppress(ConversationNotFound):
                self.service.conversations.rename(person.name, told.target, told.title)
        return self.show(person, told)

    def delete(self, person: Person, told: Told) -> View:
        """Delete a conversation."""
        with suppress(ConversationNotFound):
            self.service.conversations.delete(person.name, told.target)
        gone = told.target == told.conversation
        return self.show(person, replace(told, conversation=None) if gone else told)

    def judge(self, person: Person, told: Told) -> None:
        """Thumbs up, down, or neither."""
        with suppress(ConversationNotFound):
            if told.good is None:
                self.service.feedback.take_back(person.name, told.exchange)
            else:
                self.service.feedback.give(person.name, told.exchange, good=told.good, reason=told.reason)
