"""What OpenAI's clients send, and what they expect to get."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel, Field

from rag.answer import Answer
from ui.api.replies import Name, Text

MODEL = "citedesk"
"""The model that stands for whatever LLM the operator has set."""


class Part(BaseModel):
    """A part of a message; of its kinds, only text is read."""

    type: str = Field(max_length=100)
    text: Text | None = None


class ChatMessage(BaseModel):
    """A message. What the system or a tool says is not heeded: an answer rests on the archive alone."""

    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: Text | list[Part] | None = None

    def text(self) -> str:
        """All that is said in it."""
        if isinstance(self.content, list):
            return "\n".join(part.text for part in self.content if part.text)
        return self.content or ""


class StreamOptions(BaseModel):
    """Whether the last chunk tells the usage."""

    include_usage: bool | None = None


class ChatScope(BaseModel):
    """What only citedesk knows: see /v1/ask."""

    as_of: Text | None = Field(None, max_length=40)
    since: Text | None = Field(None, max_length=40)
    until: Text | None = Field(None, max_length=40)
    include: list[Name] = Field(default_factory=list, max_length=100)
    exclude: list[Name] = Field(default_factory=list, max_length=100)
    k: int | None = Field(None, ge=1, le=50)


class Completion(BaseModel):
    """A chat; the last message is the question. Temperature and the like may be given and change nothing."""

    model: Name = Field(examples=[MODEL])
    messages: list[ChatMessage] = Field(min_length=1, max_length=1000)
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    citedesk: ChatScope | None = None


@dataclass(frozen=True, slots=True)
class ChatReply:
    """The answer as a message."""

    role: Literal["assistant"]
    content: str
    refusal: str | None


@dataclass(frozen=True, slots=True)
class Choice:
    """The one answer there is."""

    index: int
    message: ChatReply
    finish_reason: Literal["stop"]
    logprobs: None


@dataclass(frozen=True, slots=True)
class Usage:
    """Nothing is metered."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int


@dataclass(frozen=True, slots=True)
class ChatCompletion:
    """OpenAI's shape, and the whole answer as ``citedesk``."""

    id: str
    object: Literal["chat.completion"]
    created: int
    model: str
    choices: list[Choice]
    usage: Usage
    citedesk: Answer


@dataclass(frozen=True, slots=True)
class Model:
    """An LLM that may be chosen."""

    id: str
    object: Literal["model"]
    created: int
    owned_by: str


@dataclass(frozen=True, slots=True)
class ModelList:
    """The models, the one used unless told otherwise first."""

    object: Literal["list"]
    data: list[Model]
