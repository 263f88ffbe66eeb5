"""The service behind the page, the API and the tools: a desk, and what is remembered of those who ask it."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from index.errors import BadSetting, CitedeskError
from rag.answer import Answer, Draft, Turn
from ui.logs import log_question
from ui.payloads import answer_payload
from ui.people import Person
from ui.store.conversations import Conversations, Exchange
from ui.store.feedback import Feedback
from ui.store.people import People
from ui.store.schema import open_store
from ui.streaming import Streams
from ui.words import kept

if TYPE_CHECKING:
    from rag.assistant import Assistant
    from rag.settings import Settings

QUESTION_CHARS = 100_000
"""Of a question that are kept at most; far fewer are ever answered."""
HISTORY = 20
"""Earlier exchanges that a follow-up may refer to."""
STORE = "conversations.sqlite3"
BROKE_OFF = "the answer broke off; the server’s log says why"


@dataclass(frozen=True)
class Service:
    """Everything the faces of a server share. ``asked`` values are as `ui.store.conversations.Exchange` says."""

    desk: Assistant
    settings: Settings
    conversations: Conversations
    feedback: Feedback
    streams: Streams = field(default_factory=Streams)
    people: People | None = None
    _desks: dict[str, Assistant] = field(default_factory=dict)
    _opening: threading.Lock = field(default_factory=threading.Lock)

    @classmethod
    def open(cls, desk: Assistant, settings: Settings) -> Service:
        """With the database that the settings name; answers that a crash broke off are marked.

        Raises BadSetting if it cannot be used.
        """
        engine = open_store(settings.database or desk.archive.path / STORE)
        server = f"{socket.gethostname()}:{settings.port}"
        kept = Conversations(engine, server=server)
        kept.recover()
        streams = Streams(settings.answers_at_once)
        return cls(desk, settings, kept, Feedback(engine, kept), streams, People(engine))

    @property
    def llms(self) -> tuple[str, ...]:
        """The LLM specs that may be chosen, the one used unless told otherwise first."""
        return tuple(dict.fromkeys((self.settings.llm, *self.settings.llms)))

    def desk_for(self, llm: str | None) -> Assistant:
        """The desk that answers with an LLM. Raises BadSetting if the operator did not offer it."""
        self.check_llm(llm)
        if not llm or llm == self.settings.llm:
            return self.desk
        with self._opening:  # a model of one's own is not loaded twice
            if llm not in self._desks:
                from rag.assistant import Assistant

                chosen = self.settings.model_copy(update={"llm": llm})
                self._desks[llm] = Assistant.open(self.desk.archive, settings=chosen)
            return self._desks[llm]

    def give_way(self, llm: str | None) -> None:
        """Called where an answer begins: one that an LLM elsewhere writes takes nobody's turn while it is written."""
        spec = llm or self.settings.llm
        if spec != "extractive" and not spec.startswith("hf/"):
            self.streams.step_aside()

    def check_llm(self, llm: str | None) -> None:
        """Raises BadSetting if the operator did not offer it."""
        if llm and llm not in self.llms:
            raise BadSetting(f"llm {llm[:60]!r} is not offered here; choose one of {', '.join(self.llms)}")

    def begin(self, person: Person, conversation: str, question: str, asked: dict[str, Any]) -> Exchange:
        """Write a question down, so that it is there whatever happens next; answer it with ``stream``.

        Raises ConversationNotFound, or BadSetting for an LLM that is not offered.
        """
        self.check_llm(asked.get("llm"))
        log_question(self.settings, person, question)
        return self.conversations.begin(person.name, conversation, kept(question[:QUESTION_CHARS]), asked)

    def stream(self, person: Person, begun: Exchange) -> Iterator[Draft | Answer]:
        """Answer a question that was written down; what comes of it is kept, too.

        Blocks between items; closing the iterator stops the answer, whether it has begun or not. Raises what
        ``Assistant.stream`` raises.
        """
        return _Closing(self._stream(person, begun), lambda: self.conversations.stop(begun.id))

    def _stream(self, person: Person, begun: Exchange) -> Generator[Draft | Answer, None, None]:
        self.give_way(begun.asked.get("llm"))
        said, ended = "", False
        scope = {name: value for name, value in begun.asked.items() if name != "llm"}
        history = self.history(person, begun.conversation)
        try:
            for item in self.desk_for(begun.asked.get("llm")).stream(
                begun.question, history=history, **scope
            ):
                if isinstance(item, Answer):
                    self.conversations.finish(begun.id, answer_payload(item))
                    ended = True
                else:
                    said = item.text
                yield item
        except CitedeskError as error:
            self.conversations.fail(begun.id, str(error))
            ended = True
            raise
        except Exception:
            self.conversations.fail(begun.id, BROKE_OFF)
            ended = True
            raise
        finally:
            if not ended:
                self.conversations.stop(begun.id, said)

    def history(self, person: Person, conversation: str) -> tuple[Turn, ...]:
        """The last exchanges of a conversation that were answered. Raises ConversationNotFound."""
        said = self.conversations.told(person.name, conversation, HISTORY)
        return tuple(Turn(question, text) for question, text in said)


class _Closing(Iterator[Draft | Answer]):
    """A generator that says when it is closed before its first step, which it would not notice itself."""

    def __init__(self, items: Generator[Draft | Answer, None, None], unbegun: Callable[[], None]) -> None:
        self._items, self._unbegun = items, unbegun
        self._begun = False

    def __next__(self) -> Draft | Answer:
        self._begun = True
        return next(self._items)

    def close(self) -> None:
        """Stop the answer."""
        self._items.close()
        if not self._begun:
            self._unbegun()
            self._begun = True
