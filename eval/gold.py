"""Gold questions: what was asked, what counts as right, and the words that prove it.

A gold file is JSON Lines, one question a line::

    {"id": "q1", "question": "When was the platform seized?", "answers": ["2015", "in 2015"],
     "answerable": true, "as_of": "2023-11-08", "kind": "date",
     "history": [{"question": "What was recaptured?", "answer": "A platform."}],
     "evidence": [{"article": "000_8b42", "quote": "which was seized by Russia in 2015"}]}

Only ``id``, ``question`` and, for an answerable question, ``answers`` must be there. ``kind`` is a
free label that slices the report; in the kind ``two-sentences`` the answer must hold *every* string
of ``answers``, in all others any one of them will do. Evidence is found by its quote, to the letter;
``article`` (an id, a title, a date or a file name) only chooses between articles that hold the same
quote, because ids are derived from content and nobody can write them by hand.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from index.articles import parse_date
from index.errors import BadDate, BadInput, SourceNotFound
from rag.answer import Turn

TWO_SENTENCES = "two-sentences"
"""The kind whose answers must all occur."""


@dataclass(frozen=True, slots=True)
class GoldEvidence:
    """Words that prove the answer: an exact quote, and where its author found it."""

    article: str
    quote: str


@dataclass(frozen=True, slots=True)
class GoldQuestion:
    """One question with the answers that count as right; no answers if it is unanswerable.

    >>> GoldQuestion("q1", "Who won the 2022 World Cup?", answerable=False).kind
    'other'
    """

    id: str
    question: str
    answers: tuple[str, ...] = ()
    answerable: bool = True
    kind: str = "other"
    as_of: dt.date | None = None
    history: tuple[Turn, ...] = ()
    evidence: tuple[GoldEvidence, ...] = ()


@dataclass(frozen=True, slots=True)
class GoldProblem:
    """A line that was left out, and why; lines count from 1."""

    line: int
    reason: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.reason}"


@dataclass(frozen=True, slots=True)
class Gold:
    """The questions that can be used, in file order, and the lines that cannot."""

    questions: tuple[GoldQuestion, ...]
    problems: tuple[GoldProblem, ...] = ()


def read_gold(path: str | Path) -> Gold:
    """Read a gold file; a bad line is left out and told of in ``problems``.

    Raises SourceNotFound if there is no such file, BadInput if it cannot be read or holds no
    usable question.
    """
    questions: dict[str, GoldQuestion] = {}
    first_line: dict[str, int] = {}
    problems: list[GoldProblem] = []
    for number, line in _lines(Path(path)):
        try:
            question = _question(line)
        except BadInput as error:
            problems.append(GoldProblem(number, str(error)))
            continue
        if question.id in questions:
            reason = f"id {question.id[:60]!r} is taken by line {first_line[question.id]}; give each its own"
            problems.append(GoldProblem(number, reason))
            continue
        questions[question.id] = question
        first_line[question.id] = number
    if not questions:
        why = f"the first of {len(problems)} problems: {problems[0]}" if problems else "the file is empty"
        raise BadInput(f"{path} holds no usable gold question ({why}); write one JSON object a line")
    return Gold(tuple(questions.values()), tuple(problems))


def _lines(path: Path) -> Iterator[tuple[int, bytes]]:
    if not path.exists():
        raise SourceNotFound(f"no gold file at {path}; give the path of a JSONL file with questions")
    try:
        with path.open("rb") as file:
            for number, line in enumerate(file, 1):
                if line := line.removeprefix(b"\xef\xbb\xbf").strip():
                    yield number, line
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise BadInput(f"{path} cannot be read ({reason}); give a readable JSONL file") from None


def _question(line: bytes) -> GoldQuestion:
    """One line as a question; raises BadInput with what is wrong with it."""
    try:
        row = json.loads(line)
    except UnicodeDecodeError:
        raise BadInput("not UTF-8 text; save the file as UTF-8") from None
    except (ValueError, RecursionError) as error:
        detail = error.msg if isinstance(error, json.JSONDecodeError) else "nested too deeply"
        raise BadInput(f"not JSON ({detail}); write one object a line, in double quotes") from None
    if not isinstance(row, dict):
        raise BadInput(f'a JSON {_name(row)}, not an object; write {{"id": ..., "question": ...}}')
    answerable = _answerable(row)
    answers = tuple(_texts(row, "answers")) if answerable or "answers" in row else ()
    if answerable and not answers:
        raise BadInput('"answers" is empty; give at least one, or say "answerable": false')
    if answers and not answerable:
        raise BadInput('"answerable" is false, yet there are "answers"; remove one of the two')
    return GoldQuestion(
        id=_text(row, "id"),
        question=_text(row, "question"),
        answers=answers,
        answerable=answerable,
        kind=_text(row, "kind") if "kind" in row else "other",
        as_of=_date(row),
        history=tuple(
            Turn(_text(t, "question"), _text(t, "answer", empty=True)) for t in _objects(row, "history")
        ),
        evidence=tuple(
            GoldEvidence(_text(e, "article", empty=True) if "article" in e else "", _text(e, "quote"))
            for e in _objects(row, "evidence")
        ),
    )


def _name(value: object) -> str:
    names = {dict: "object", list: "list", str: "text", bool: "true/false", int: "number", float: "number"}
    return names.get(type(value), "null")


def _text(row: dict[str, Any], field: str, *, empty: bool = False) -> str:
    if field not in row:
        raise BadInput(f'"{field}" is missing; add it')
    return _as_text(row[field], f'"{field}"', empty=empty)


def _as_text(value: object, where: str, *, empty: bool = False) -> str:
    if not isinstance(value, str):
        raise BadInput(f"{where} is a {_name(value)}, not text; put it in double quotes")
    if not value.strip() and not empty:
        raise BadInput(f"{where} is empty; fill it in or remove the line")
    return value


def _texts(row: dict[str, Any], field: str) -> Iterator[str]:
    if field not in row:
        raise BadInput(f'"{field}" is missing; add it')
    if not isinstance(values := row[field], list):
        raise BadInput(f'"{field}" is a {_name(values)}, not a list; write ["..."]')
    for i, value in enumerate(values, 1):
        yield _as_text(value, f'"{field}" number {i}')


def _objects(row: dict[str, Any], field: str) -> Iterator[dict[str, Any]]:
    if not isinstance(values := row.get(field, []), list):
        raise BadInput(f'"{field}" is a {_name(values)}, not a list; write [{{...}}]')
    for i, value in enumerate(values, 1):
        if not isinstance(value, dict):
            raise BadInput(f'"{field}" number {i} is a {_name(value)}, not an object; write {{...}}')
        yield value


def _answerable(row: dict[str, Any]) -> bool:
    if not isinstance(value := row.get("answerable", True), bool):
        raise BadInput(f'"answerable" is a {_name(value)}; write true or false')
    return value


def _date(row: dict[str, Any]) -> dt.date | None:
    if (value := row.get("as_of")) is None:
        return None
    try:
        return parse_date(_as_text(value, '"as_of"'))
    except BadDate as error:
        raise BadInput(f'"as_of": {error}') from None
