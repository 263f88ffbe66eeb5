"""Files that somebody hands in, in a browser or to a program: read once, and kept by nobody."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from index import readers
from index.reports import FileProblem


@dataclass(frozen=True, slots=True)
class Handed:
    """A file by the name that was given to it, which is only shown, and where its bytes lie now."""

    label: str
    path: Path


def items(file: Handed) -> Iterator[readers.Item]:
    """What a file holds, as `readers.read` yields it; problems name the file by its label.

    Raises OSError if it cannot be opened.
    """
    where = readers.label(file.path)
    for item in readers.read(file.path):
        if isinstance(item, FileProblem):
            yield FileProblem(item.source.replace(where, file.label), item.reason.replace(where, file.label))
        else:
            yield item
