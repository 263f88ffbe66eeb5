"""citedesk: questions in, cited answers out.

>>> from rag import Assistant
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rag.answer import NO_ANSWER, Answer, ArticleRef, Citation, Draft, PassageRef, Statement, Turn

if TYPE_CHECKING:
    from rag.assistant import Assistant

__all__ = [
    "NO_ANSWER",
    "Answer",
    "ArticleRef",
    "Assistant",
    "Citation",
    "Draft",
    "PassageRef",
    "Statement",
    "Turn",
]


def __getattr__(name: str) -> Any:
    # The face of the room loads the rest of it only when it is wanted: `citedesk --help` is not.
    if name == "Assistant":
        from rag.assistant import Assistant

        return Assistant
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
