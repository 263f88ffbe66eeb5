"""``/v1/chat/completions`` and ``/v1/models`` as OpenAI's clients know them; citations are in ``citedesk``."""

from __future__ import annotations

import time
import uuid
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import Any

from fastapi import FastAPI, Request
from starlette.responses import Response

from index.errors import BadQuestion
from rag.answer import Answer, Draft, Turn
from ui.api.access import Reader
from ui.api.answering import EVENT_STREAM, PAUSE, event_stream, reply_with, told, whole
from ui.api.asking import EARLIER, Question, alone
from ui.api.openai_shapes import MODEL, ChatCompletion, ChatMessage, Completion, ModelList
from ui.api.problems import Problem, UnknownModel, plain, problems
from ui.api.replies import Json, encoded
from ui.payloads import answer_payload
from ui.service import Service

AFRESH = "\n\nThis replaces what stands above:\n\n"
"""Between a draft that was taken back, which these clients cannot do, and the answer."""
_NOTHING_METERED = {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}
_EVENTS = {
    "schema": {"type": "string", "description": "Chunks as OpenAI sends them; the last one has citedesk."}
}


def add_completions(api: FastAPI, service: Service) -> None:
    """What OpenAI's clients ask for."""

    @api.get("/v1/models", tags=["openai"], response_model=ModelList, responses=problems())
    async def models(person: Reader) -> Json:
        """The models that may be named."""
        return Json({"object": "list", "data": [_model(name) for name in (MODEL, *service.llms)]})

    @api.post(
        "/v1/chat/completions",
        tags=["openai"],
        response_model=ChatCompletion,
        responses={200: {"content": {EVENT_STREAM: _EVENTS}}, **problems(400, 404, 503)},
    )
    async def complete(body: Completion, person: Reader, request: Request) -> Response:
        """One cited answer to the last message; what was said before is its history."""
        if body.model not in (MODEL, *service.llms):
            offered = ", ".join((MODEL, *service.llms))
            raise UnknownModel(f"there is no model {body.model[:60]!r} here; name one of {offered}")
        given = body.citedesk.model_dump() if body.citedesk else {}
        asked = {name: value for name, value in given.items() if value}
        asked |= {} if body.model == MODEL else {"llm": body.model}
        text, history = conversation_of(body.messages)
        question = alone(service, person, text, history, asked)
        made = _Made(body.model)
        if body.stream:
            usage = bool(body.stream_options and body.stream_options.include_usage)
            return event_stream(_chunks(service, request, question, made, usage))
        return await reply_with(await whole(service.streams, request, question), made.whole)


def conversation_of(messages: Sequence[ChatMessage]) -> tuple[str, tuple[Turn, ...]]:
    """The question, and the exchanges before it. Raises BadQuestion if the last message asks nothing.

    >>> said = [ChatMessage(role="user", content="Who?"), ChatMessage(role="assistant", content="Putin.")]
    >>> conversation_of([*said, ChatMessage(role="user", content="When?")])
    ('When?', (Turn(question='Who?', answer='Putin.'),))
    """
    if messages[-1].role != "user":
        raise BadQuestion(f"the last message is of the {messages[-1].role}; end with one of the user")
    turns: list[Turn] = []
    asked = ""
    for message in messages[:-1]:
        if message.role == "user":
            asked = message.text()
        elif message.role == "assistant" and asked:
            turns.append(Turn(asked, message.text()))
            asked = ""
    return messages[-1].text(), tuple(turns[-EARLIER:])


class _Made:
    """One completion, whole or in chunks."""

    def __init__(self, model: str) -> None:
        self._head = {"id": f"chatcmpl-{uuid.uuid4().hex}", "created": int(time.time()), "model": model}

    def whole(self, answer: Answer) -> dict[str, Any]:
        message = {"role": "assistant", "content": answer.text, "refusal": None}
        choice = {"index": 0, "message": message, "finish_reason": "stop", "logprobs": None}
        return {
            **self._head,
            "object": "chat.completion",
            "choices": [choice],
            "usage": _NOTHING_METERED,
            "citedesk": answer_payload(answer),
        }

    def chunk(self, delta: dict[str, str] | None, finish: str | None = None, **more: Any) -> bytes:
        choice = {"index": 0, "delta": delta, "finish_reason": finish, "logprobs": None}
        choices = [] if delta is None else [choice]
        return _data({**self._head, "object": "chat.completion.chunk", "choices": choices, **more})


async def _chunks(
    service: Service, request: Request, question: Question, made: _Made, usage: bool
) -> AsyncGenerator[bytes, None]:
    said = ""
    yield made.chunk({"role": "assistant", "content": ""})
    async with aclosing(told(service.streams, request, question)) as items:
        async for item in items:
            if isinstance(item, Problem):
                error = {"message": item.detail, "type": item.type, "code": item.status, "param": None}
                yield _data({"error": error, **plain(item)})
                return
            if item is None:
                yield PAUSE
                continue
            more, said = _more(said, item)
            if more:
                yield made.chunk({"content": more})
            if isinstance(item, Answer):
                yield made.chunk({}, "stop", citedesk=answer_payload(item))
    if usage:
        yield made.chunk(None, usage=_NOTHING_METERED)
    yield b"data: [DONE]\n\n"


def _more(said: str, item: Draft | Answer) -> tuple[str, str]:
    """What is to be added to what was said, and what was said then; a draft that starts over is waited out."""
    if item.text.startswith(said):
        return item.text[len(said) :], item.text
    if isinstance(item, Draft):
        return "", said
    return AFRESH + item.text, item.text


def _data(content: dict[str, Any]) -> bytes:
    return b"data: " + encoded(content) + b"\n\n"


def _model(name: str) -> dict[str, Any]:
    return {"id": name, "object": "model", "created": 0, "owned_by": "citedesk"}
