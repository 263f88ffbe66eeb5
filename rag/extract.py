"""Extract: the archive's own answer to a question, or why it has none."""

from __future__ import annotations

import re
from dataclasses import replace

from rag.answer import Turn
from rag.fact import Extract, Search, fact
from rag.names import names
from rag.question import standalone
from rag.shaped import joined, listed, outlined, side_said, yes_or_no
from rag.shapes import shape, sides
from rag.timings import Timings

__all__ = ["Extract", "Search", "extract", "question_parts"]

_JOINT = re.compile(
    r",?\s+and\s+(?=(?:what|who|whom|whose|how|why|when|where|which|was|were|is|are|did|does|do|has|have)\b)",
    re.I,
)
_ASKS = re.compile(r"^\W*(?:what|who|whom|whose|how|why|when|where|which|in which|on which)\b", re.I)


def extract(question: str, search: Search, timings: Timings) -> Extract:
    """Answer a standalone question from the archive alone.

    A question of two parts, or about two parties, is answered part by part; a request for the news of a
    subject gets an overview or a timeline, one for several things a list.
    """
    form = shape(question)
    if form in ("overview", "timeline"):
        return outlined(question, search, timings, by_date=form == "timeline")
    if both := sides(question):
        return joined([side.question for side in both], [side_said(side, search, timings) for side in both])
    if form == "list":
        return listed(question, search, timings)
    if form == "yes-no":
        return yes_or_no(question, search, timings)
    parts = question_parts(question)
    answers: list[Extract] = []
    for part in parts:
        asked, where = part, search
        if answers:
            asked = standalone(part, [Turn(parts[0], " ".join(c.text for c in answers[0].claims))])
            if not names(asked):  # "..., and when should the deal close?"
                where = replace(search, topic=f"{search.topic} {parts[0]}".strip())
        answers.append(fact(asked, where, timings))
    return answers[0] if len(answers) == 1 else joined(parts, answers)


def question_parts(question: str) -> list[str]:
    """A question of two parts as two questions; any other as it is.

    >>> question_parts("What did Moscow report, and were there victims?")
    ['What did Moscow report?', 'were there victims?']
    >>> question_parts("Who met Putin and Kim?")
    ['Who met Putin and Kim?']
    """
    match = _JOINT.search(question)
    if match is None or not _ASKS.match(question):
        return [question]
    first, second = question[: match.start()], question[match.end() :]
    if min(len(first.split()), len(second.split())) < 3:
        return [question]
    return [first.rstrip(" ?,") + "?", second]
