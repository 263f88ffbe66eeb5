"""The tools of the MCP server: what they are called, what they take, and how it is checked."""

from __future__ import annotations

from typing import Any, TypeVar

import mcp_types as types
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from index.errors import BadInput
from ui import mcp_texts

_DAYS = "Dates are ISO, as in 2023-11-08."


class PastTurn(BaseModel):
    """An earlier exchange of the conversation."""

    model_config = ConfigDict(extra="forbid")
    question: str = Field(max_length=10_000)
    answer: str = Field(max_length=100_000)


class Scope(BaseModel):
    """Which articles are seen."""

    model_config = ConfigDict(extra="forbid")
    as_of: str | None = Field(None, description=f"Answer as on this day, seeing nothing later. {_DAYS}")
    since: str | None = Field(None, description="Only articles from this day on.")
    until: str | None = Field(None, description="Only articles up to this day.")
    include: list[str] = Field(
        default_factory=list, max_length=100, description="Only from these sources, such as cnn.com."
    )
    exclude: list[str] = Field(default_factory=list, max_length=100, description="Not from these sources.")

    def given(self) -> dict[str, Any]:
        """As the desk takes it."""
        return {name: getattr(self, name) for name in Scope.model_fields}


class Ask(Scope):
    """Arguments of the tool ``ask``."""

    question: str = Field(description="A question in plain words, at most 2,000 characters.")
    history: list[PastTurn] = Field(
        default_factory=list,
        max_length=100,
        description="Earlier exchanges, so that follow-ups are understood.",
    )


class Search(Scope):
    """Arguments of the tool ``search``."""

    query: str = Field(description="Words to look for.")
    k: int = Field(10, ge=1, le=50, description="How many passages.")


A = TypeVar("A", bound=BaseModel)

TOOLS = [
    types.Tool(
        name="ask",
        title="Ask the archive",
        description=(
            "Answer a question from the news archive, each sentence with its checked source: an exact quote, its "
            f"article's title, date and address. Or says that the archive does not say, and why. {mcp_texts.DATA}"
        ),
        input_schema=Ask.model_json_schema(),
        annotations=types.ToolAnnotations(read_only_hint=True, idempotent_hint=True),
    ),
    types.Tool(
        name="search",
        title="Search the archive",
        description=f"Ranked passages of the news archive for some words, best first. {mcp_texts.DATA}",
        input_schema=Search.model_json_schema(),
        annotations=types.ToolAnnotations(read_only_hint=True, idempotent_hint=True),
    ),
]


def read(kind: type[A], given: dict[str, Any]) -> A:
    """The arguments of a call. Raises BadInput in one line."""
    try:
        return kind.model_validate(given)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part)[:40] for part in first["loc"])
        known = ", ".join(kind.model_fields)
        raise BadInput(f"argument {where or 'given'}: {first['msg']}; the arguments are {known}") from None
