"""A conversation in the terminal."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from index.errors import CitedeskError
from rag.answer import Turn
from ui import terminal
from ui.payloads import answer_payload
from ui.screen import Screen, say, write_json
from ui.sources import finder
from ui.words import coverage

if TYPE_CHECKING:
    from rag.assistant import Assistant


def converse(
    desk: Assistant, *, as_json: bool = False, include: Sequence[str] = (), exclude: Sequence[str] = ()
) -> int:
    """Answer one line of stdin after the other, from some sources, until it ends; returns the exit status 0.

    A person at a terminal gets a prompt; Ctrl-C stops a running answer, and at the prompt it leaves,
    as Ctrl-D does.
    """
    person = sys.stdin.isatty() and sys.stdout.isatty()
    if person:
        held = desk.archive.status()
        say(f"{coverage(held.articles, held.oldest, held.newest)}. Ask; Ctrl-D leaves.")
    history: list[Turn] = []
    find = finder(desk.archive)
    while (question := _next_question(person)) is not None:
        if not question:
            continue
        try:
            answer = terminal.follow(
                desk.stream(question, history=tuple(history), include=include, exclude=exclude)
            )
        except CitedeskError as error:
            say(f"error: {error}")
            continue
        except KeyboardInterrupt:
            if not person:
                raise
            say("stopped")
            continue
        history.append(Turn(question, answer.text))
        if as_json:
            write_json(answer_payload(answer))
        else:
            terminal.show_answer(answer, find)
            Screen().line("")
        sys.stdout.flush()
    return 0


def _next_question(person: bool) -> str | None:
    """The next line, stripped, or None when there is none."""
    try:
        if person:
            import readline  # noqa: F401  (gives input() its line editing)

            return input("> ").strip()
        line = sys.stdin.readline()
    except (EOFError, KeyboardInterrupt):
        say("")
        return None
    return line.strip() if line else None
