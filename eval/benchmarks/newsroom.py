"""The news of a half-year as an archive, and what the engine reads in it for a question of that time."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from eval.benchmarks import realtimeqa
from eval.benchmarks.realtimeqa import Question
from eval.metrics import PLAIN_QUOTES, contains, exact_match, f1, normalise
from index.archive import Archive
from index.articles import DateRange
from index.encoder import Encoder, Vectors
from index.errors import SourceNotFound
from index.reports import Progress
from rag.dates import read_period
from rag.reader import Reader
from rag.retrieve import Reading, read, retrieve


def parser(doc: str | None) -> argparse.ArgumentParser:
    """The command line of a benchmark that makes archives of the news."""
    made = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("--keep", type=Path, help="a folder where the archives stay for another run")
    return made


@contextmanager
def kept(folder: Path | None) -> Iterator[Path]:
    """That folder, or one that is gone afterwards; without the data the program ends in one line."""
    with tempfile.TemporaryDirectory() as temporary:
        try:
            yield folder or Path(temporary)
        except SourceNotFound as error:
            sys.exit(str(error))


@contextmanager
def archive(period: str, folder: Path) -> Iterator[Archive]:
    """The archive of all articles of a period, made below ``folder`` unless it is there."""
    with Archive.open(folder / period) as opened:
        opened.sync(realtimeqa.source("articles", period), progress=_show)
        print(file=sys.stderr)
        yield opened


def _show(progress: Progress) -> None:
    share = progress.done / progress.total if progress.total else 1
    print(f"\r{progress.stage} {share:.0%}, {progress.passages:,} passages", end="", file=sys.stderr)


def readings(opened: Archive, question: Question, reader: Reader) -> list[Reading]:
    """What the engine reads for a question as of its day, best first."""
    found = retrieve(
        opened,
        question.text,
        published=DateRange(until=question.day),
        period=read_period(question.text, question.day),
        as_of=question.day,
    )
    return read(reader, question.text, found)


def holds(text: str, question: Question) -> bool:
    """Whether a text holds an answer to the question, word for word."""
    return any(contains(text, answer) for answer in question.answers)


def scores(said: str, question: Question) -> tuple[float, float]:
    """Exact match and F1 as SQuAD has them, typographic quotes and dashes first made plain."""
    plain, golds = said.translate(PLAIN_QUOTES), [a.translate(PLAIN_QUOTES) for a in question.answers]
    return exact_match(plain, golds), f1(plain, golds)


def is_right(said: str, question: Question) -> bool:
    """Whether an answer is right: F1 of a half with the answer, or all of the answer's words."""
    return scores(said, question)[1] >= 0.5 or any(contains(said, a) for a in question.answers)


def answered_by(texts: Sequence[str], questions: Sequence[Question]) -> set[str]:
    """The ids of the questions an answer to which occurs in some text, word for word."""
    plain = [f" {normalise(text.translate(PLAIN_QUOTES))} " for text in texts]
    golds = {
        question.id: [
            f" {words} " for a in question.answers if (words := normalise(a.translate(PLAIN_QUOTES)))
        ]
        for question in questions
    }
    return {key for key, some in golds.items() if any(gold in text for gold in some for text in plain)}


class Remembering:
    """An encoder that encodes each text once."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self._known: dict[str, Vectors] = {}
        self.fingerprint, self.dimension = encoder.fingerprint, encoder.dimension
        self.count = encoder.count

    def encode(self, texts: Sequence[str]) -> Vectors:
        """As the encoder does."""
        new = [text for text in dict.fromkeys(texts) if text not in self._known]
        self._known |= zip(new, self._encoder.encode(new), strict=True)
        return np.array([self._known[text] for text in texts], np.float32).reshape(len(texts), self.dimension)
