"""citedesk: questions in, cited answers out.

>>> from rag import Assistant
"""

from rag.answer import NO_ANSWER, Answer, ArticleRef, Citation, Draft, PassageRef, Statement, Turn
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
