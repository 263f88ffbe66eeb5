"""What the API sends: JSON that can always be encoded, and texts that can always be stored."""

from __future__ import annotations

import json
from typing import Annotated, Any

from fastapi.responses import JSONResponse
from pydantic import AfterValidator, Field


class Json(JSONResponse):
    """JSON in UTF-8; half a character, which UTF-8 does not have, is replaced.

    >>> Json({"text": "half \\ud83d"}).body
    b'{"text":"half ?"}'
    """

    def render(self, content: Any) -> bytes:
        """The bytes of the body."""
        return encoded(content)


def encoded(content: Any) -> bytes:
    """A value as JSON on one line."""
    text = json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.encode("utf-8", "replace")


def storable(text: str) -> str:
    """The text, if every database can keep it. Raises ValueError for NUL and half a surrogate pair.

    >>> storable("a\\0")
    Traceback (most recent call last):
    ValueError: there is a NUL character in it, at 1; remove it
    """
    if (at := text.find("\0")) >= 0:
        raise ValueError(f"there is a NUL character in it, at {at}; remove it")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise ValueError(f"there is half a surrogate pair in it, at {error.start}; remove it") from None
    return text


Text = Annotated[str, AfterValidator(storable)]
"""Text that can be stored and said again."""
Name = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(storable)]
"""A short text that is not empty: a source, an LLM, a model."""
Key = Annotated[str, Field(pattern=r"^[0-9a-f]{32}$", examples=["0123456789abcdef0123456789abcdef"])]
"""The id of a conversation or an exchange."""
