"""Sentences that people judged by their source: QAGS (Wang et al., ACL 2020) and WiCE (Kamoi et al., EMNLP 2023).

QAGS: sentences that models wrote to sum up articles of CNN and Daily Mail, and of XSum; the majority of three
judges counts. WiCE: claims of Wikipedia and the page they cite; one that is supported in part counts as not supported.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Literal, get_args

from eval.benchmarks import data
from index.sentences import sentences

Set = Literal["QAGS CNN/DM", "QAGS XSum", "WiCE"]
SETS: tuple[Set, ...] = get_args(Set)
FOLDS = 5
_CUT = re.compile(r"(?<=\d)([.,]) (?=\d)")
_FILES = {
    "QAGS CNN/DM": "qags-cnndm.jsonl.gz",
    "QAGS XSum": "qags-xsum.jsonl.gz",
    "WiCE": "wice-claim-dev.jsonl.gz",
}


@dataclass(frozen=True, slots=True)
class Judged:
    """A sentence, the sentences of its source, the number of that source, and whether it is borne out."""

    document: int
    sentence: str
    lines: tuple[str, ...]
    supported: bool


def judged(name: Set) -> list[Judged]:
    """The sentences of a set. Raises SourceNotFound if the data is not there."""
    rows = data.rows("support", _FILES[name])
    read = _claims if name == "WiCE" else _summaries
    return [each for number, row in enumerate(rows) for each in read(number, row)]


def _claims(number: int, row: dict[str, Any]) -> Iterator[Judged]:
    lines = tuple(line for line in row["evidence"] if line.strip())
    yield Judged(number, row["claim"], lines, row["label"] == "supported")


def _summaries(number: int, row: dict[str, Any]) -> Iterator[Judged]:
    text = _mended(row["article"])
    lines = tuple(text[start:end] for start, end in sentences(text))
    for each in row["summary_sentences"]:
        votes = [answer["response"] for answer in each["responses"]]
        yield Judged(number, _mended(each["sentence"]), lines, 2 * votes.count("yes") > len(votes))


def _mended(text: str) -> str:
    """UTF-8 that was read as Latin-1, and figures that were cut in two ("26, 000"), put right."""
    with suppress(UnicodeError):
        text = text.encode("latin-1").decode("utf-8")
    return _CUT.sub(r"\1", text)


def fold_of(row: Judged) -> int:
    """The fold of a sentence, 0 to 4: all of a document are in one.

    >>> fold_of(Judged(7, "It rained.", ("It rained.",), True))
    2
    """
    return row.document % FOLDS
