"""Follow-up questions of an answer, looked for once and remembered for a while."""

from __future__ import annotations

import importlib
import importlib.util
import threading
from collections import OrderedDict
from typing import TYPE_CHECKING

from index.errors import CitedeskError
from rag.answer import Answer

if TYPE_CHECKING:
    from rag.assistant import Assistant

_KEPT = 200


class Suggestions:
    """What may be asked next, by exchange. One search at a time: answers go before suggestions."""

    def __init__(self, desk: Assistant) -> None:
        self._desk = desk
        self._found: OrderedDict[str, tuple[str, ...]] = OrderedDict()
        self._looking = threading.Lock()

    def after(self, exchange: str, answer: Answer) -> tuple[str, ...]:
        """Questions to follow an answer; none if the archive has none to offer."""
        with self._looking:
            if exchange not in self._found:
                self._found[exchange] = self._look(answer)
                while len(self._found) > _KEPT:
                    self._found.popitem(last=False)
            return self._found[exchange]

    def _look(self, answer: Answer) -> tuple[str, ...]:
        if importlib.util.find_spec("ui.follow_ups") is None:
            return ()
        try:
            found = importlib.import_module("ui.follow_ups").follow_ups(answer, self._desk, count=3)
        except CitedeskError:
            return ()
        return tuple(found)
