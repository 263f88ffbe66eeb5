"""Topic: what a conversation is about, for the search of a follow-up that does not say so itself."""

from __future__ import annotations

from collections.abc import Sequence

from rag.answer import Turn
from rag.mentions import mentions


def topic(question: str, standalone: str, history: Sequence[Turn]) -> str:
    """The name that a conversation began with, if a follow-up leans on the turns before and lacks it; else "".

    It is added to what is searched for, never to what is read: "When was it released?" is then looked for
    among the news of that singer, and may be answered by a passage that says only "she".

    >>> asked = [Turn("Where was Frank Zappa born?", "Baltimore."), Turn("What did he play?", "Guitar.")]
    >>> topic("Which albums sold best?", "Which albums sold best?", asked)
    'Frank Zappa'
    >>> topic("Who won the World Cup?", "Who won the World Cup?", asked)
    ''
    """
    leans = standalone != question or not mentions(question)
    if not history or not leans:
        return ""
    for text in (history[0].question, history[0].answer):
        if named := mentions(text):
            name = next((each for each in named if each.sure), named[0]).text
            return "" if name.lower() in standalone.lower() else name
    return ""
