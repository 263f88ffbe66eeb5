"""What lies in an evidence pack: its files, its limits, and the shape of its JSON."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import re
from typing import Annotated, Any, Literal, Self, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from index.errors import BadInput
from rag.answer import Answer
from ui.payloads import answer_payload
from ui.store.conversations import Conversation, Exchange, State

FORMAT = 1
LAYOUT = 1
"""Of the page; raise it whenever the same conversation makes another one. Pages of earlier layouts are not compared."""

PACK, PAGE, SUMS = "pack.json", "conversation.html", "SHA256SUMS"
ARTICLE = re.compile(r"articles/[A-Za-z0-9][A-Za-z0-9._~-]{0,99}\.json")

MOST_FILES = 50_000
LARGEST_FILE = 96_000_000
LARGEST_PACK = 256_000_000


class BadPack(BadInput):
    """A file that is no evidence pack, or one that is broken; or a conversation that makes too large a one."""


def _moment(text: str) -> str:
    try:
        if dt.datetime.fromisoformat(text).tzinfo is not None:
            dt.datetime.fromisoformat(text).astimezone(dt.UTC)
            return text
    except (ValueError, OverflowError):
        pass
    raise ValueError("this is no moment with its zone, as in 2023-11-08T09:05:00+00:00")


def _whole(text: str) -> str:
    text.encode("utf-8")  # half a surrogate pair raises UnicodeEncodeError, a ValueError
    return text


Text = Annotated[str, AfterValidator(_whole)]
Moment = Annotated[str, AfterValidator(_moment)]
Sha256 = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


class _Part(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True, extra="ignore", hide_input_in_errors=True)


class PackedArticle(_Part):
    """``articles/ID.json``: an article as it was cited."""

    id: Text
    title: Text
    date: Text | None
    url: Text | None
    text: Text


class PackedCitation(_Part):
    """Where a quote stands; ``file`` and ``sha256`` (of the article's text) are None if the article was gone."""

    number: int
    article: Text
    start: int
    end: int
    quote: Text
    sha256: Sha256 | None
    file: str | None


class PackedAsked(_Part):
    """What a question was asked with."""

    as_of: str | None = None
    since: str | None = None
    until: str | None = None
    llm: str | None = None
    include: list[str] = []
    exclude: list[str] = []


class PackedExchange(_Part):
    """A question and what came of it; ``answer`` is the whole payload of an answer."""

    id: str
    place: int
    question: str
    created: Moment
    asked: PackedAsked
    state: State
    problem: str | None
    answer: dict[str, Any] | None
    citations: list[PackedCitation]

    def exchange(self, conversation: str, said: Answer | None) -> Exchange:
        """As the store has it, with its answer."""
        created = dt.datetime.fromisoformat(self.created)
        asked, payload = self.asked.model_dump(), answer_payload(said) if said else None
        return Exchange(
            self.id,
            conversation,
            self.place,
            self.question,
            created,
            asked,
            self.state,
            answer=payload,
            problem=self.problem,
        )


class PackedConversation(_Part):
    """Without its owner: a pack is made to be given away."""

    id: str
    title: str
    created: Moment
    updated: Moment

    def conversation(self, exchanges: int) -> Conversation:
        """As the store has it."""
        created, updated = map(dt.datetime.fromisoformat, (self.created, self.updated))
        return Conversation(self.id, "", self.title, created, updated, exchanges)


class PackedArchive(_Part):
    """What the answers rest on: the archive's state when packed, its model, and the versions of its indexes."""

    fingerprint: str
    model: str
    vectors: str
    schema_version: str
    passages: str


class Pack(_Part):
    """``pack.json``."""

    format: Literal[1]
    layout: int
    citedesk: str
    archive: PackedArchive
    conversation: PackedConversation
    exchanges: list[PackedExchange]

    @classmethod
    def of(cls, data: bytes) -> Self:
        """Read ``pack.json``. Raises BadPack."""
        return read(cls, data, PACK)


_ANSWER = TypeAdapter(Answer)
P = TypeVar("P", bound=_Part)


def answer(payload: dict[str, Any], where: str) -> Answer:
    """An answer's payload, every type checked. Raises BadPack."""
    try:
        said = _ANSWER.validate_json(json.dumps(payload), strict=True)
        for day in (said.as_of, *(each.article.date for each in said.citations)):
            if day is not None:
                dt.date.fromisoformat(day)
    except (ValueError, RecursionError) as error:
        raise BadPack(
            f"{PACK}: the answer to {where}: {_first(error)}; export the conversation again"
        ) from None
    return said


def read(kind: type[P], data: bytes, name: str) -> P:
    """One JSON file, every type checked. Raises BadPack in one line."""
    try:
        value = json.loads(data.decode("utf-8"), object_pairs_hook=_object, parse_constant=_no_number)
        return kind.model_validate(value)
    except (ValueError, RecursionError) as error:  # ValidationError and UnicodeDecodeError are ValueErrors
        raise BadPack(f"{name}: {_first(error)}; export the conversation again") from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise ValueError("a name stands twice in one object")
    return made


def _no_number(name: str) -> float:
    raise ValueError(f"{name} is no number in JSON")


def _first(error: Exception) -> str:
    """The first complaint, in one line that quotes nothing of a hostile file."""
    if isinstance(error, ValidationError):
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part)[:40] for part in first["loc"][:8])
        return f"{where or 'the whole'}: {first['msg'][:200]}"
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    if isinstance(error, UnicodeDecodeError):
        return f"it is no UTF-8 at byte {error.start}"
    return str(error)[:200]


def json_bytes(value: Any) -> bytes:
    """A value as readable JSON, the same bytes every time."""
    text = json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True, allow_nan=False)
    return text.encode("utf-8", "replace") + b"\n"  # half a surrogate pair, of a question, becomes "?"


def sha256(data: str | bytes) -> str:
    """The hexadecimal digest of bytes, or of a text as UTF-8.

    >>> sha256("")[:8]
    'e3b0c442'
    """
    raw = data.encode("utf-8", "replace") if isinstance(data, str) else data
    return hashlib.sha256(raw).hexdigest()


def sums(files: dict[str, bytes]) -> bytes:
    """``SHA256SUMS``, as ``sha256sum --check`` reads it."""
    return "".join(f"{sha256(data)}  {name}\n" for name, data in sorted(files.items())).encode()


def article_file(article_id: str, version: int) -> str:
    """Where an article lies in a pack; ``version`` counts, from 1, the different texts cited under one id.

    >>> article_file("863be262", 1), article_file("863be262", 2)
    ('articles/863be262.json', 'articles/863be262~2.json')
    >>> article_file("../Evil", 1)
    'articles/id-c6e61ca2b894af708684da393b898477.json'
    """
    plain = re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,63}", article_id)
    name = article_id if plain else f"id-{sha256(article_id)[:32]}"
    return f"articles/{name}{f'~{version}' if version > 1 else ''}.json"
