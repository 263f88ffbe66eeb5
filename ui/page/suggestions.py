"""Follow-up questions of an answer, looked for once and remembered for a while."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import TYPE_CHECKING

from index.errors import CitedeskError
from ui.follow_ups import follow_ups
from ui.payloads import answer_of
from ui.people import Person
from ui.store.conversations import ConversationNotFound, Exchange

if TYPE_CHECKING:
    from ui.service import Service

_KEPT = 500
_SCOPE = ("since", "until", "include", "exclude")


class Suggestions:
    """What may be asked next, by exchange. One search at a time: answers go before suggestions."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._found: OrderedDict[str, tuple[str, ...]] = OrderedDict()
        self._looking = threading.Lock()

    def after(self, person: Person, exchange: str) -> tuple[str, ...]:
        """Questions to follow an exchange of one's own; none if it has no answer, or the archive none to offer."""
        try:
            said = self._service.conversations.exchange(person.name, exchange)
        except ConversationNotFound:
            return ()
        with self._looking:
            if exchange not in self._found:
                self._found[exchange] = self._look(person, said)
                if len(self._found) > _KEPT:
                    self._found.popitem(last=False)
            return self._found[exchange]

    def _look(self, person: Person, said: Exchange) -> tuple[str, ...]:
        if not said.answer:
            return ()
        scope = {name: said.asked[name] for name in _SCOPE if said.asked.get(name)}
        try:
            asked = [turn.question for turn in self._service.history(person, said.conversation)]
            return follow_ups(answer_of(said.answer), self._service.desk, asked=asked, **scope)
        except CitedeskError:
            return ()
