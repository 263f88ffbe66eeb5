"""Reader: a small cross-encoder that finds the answer's span in a passage.

It takes a question and a passage and gives the exact words that answer, and how answerable the
question is from that passage. One model thereby reranks, finds the short answer and tells when
there is none (Devlin et al., NAACL 2019, section 4.3: a span's score less the null span's).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from index.minilm import load_tokenizer
from index.passages import sentences
from index.session import Session

if TYPE_CHECKING:
    from tokenizers import Tokenizer

MODEL = Path(__file__).parent / "models" / "reader.onnx"
MAX_TOKENS = 256
STRIDE = 96  # word pieces by which a second window moves on
MAX_QUESTION_TOKENS = 64
MAX_ANSWER_TOKENS = 30


@dataclass(frozen=True, slots=True)
class Span:
    """The best answer in one text: ``text == source[start:end]``, offsets in code points.

    ``score`` is in logits: above 0 the reader finds an answer more likely than none.
    """

    text: str
    start: int
    end: int
    score: float


_JOINED = re.compile(r"\w(?:[-.,:/]?)\w$")  # the last character goes on a word: the 30 of Su-30
_GOES_ON = re.compile(r"\w\w|\d[.,:]\d")

NOTHING = Span("", 0, 0, -np.inf)


class Reader:
    """Question and texts in, one best span a text out."""

    def __init__(self, session: Session, tokenizer: Tokenizer) -> None:
        self._session = session
        self._tokenizer = tokenizer

    @classmethod
    @lru_cache(maxsize=1)
    def load(cls) -> Reader:
        """The reader that comes with citedesk; raises ModelError if its file is damaged."""
        return cls(Session(MODEL), load_tokenizer())

    def read(self, question: str, texts: Sequence[str], *, titles: Sequence[str] | None = None) -> list[Span]:
        """The best span of each text, in order; a title, where known, is read before its text.

        A question is cut at 64 word pieces; a long text is read in overlapping windows. A text
        without words gives an empty span with score ``-inf``.
        """
        return [spans[0] for spans in self.read_all(question, texts, titles=titles, n=1)]

    def read_all(
        self, question: str, texts: Sequence[str], *, titles: Sequence[str] | None = None, n: int = 3
    ) -> list[tuple[Span, ...]]:
        """Up to ``n`` spans of each text that do not overlap, best first; otherwise as ``read``."""
        asked = self._tokenizer.encode(question, add_special_tokens=False).ids[:MAX_QUESTION_TOKENS]
        prefixes = [f"{title}. " if title else "" for title in titles or [""] * len(texts)]
        joined = [prefix + text for prefix, text in zip(prefixes, texts, strict=True)]
        encoded = self._tokenizer.encode_batch(joined, add_special_tokens=False)
        room = MAX_TOKENS - len(asked) - 3
        windows = [(i, start) for i, each in enumerate(encoded) for start in _windows(len(each.ids), room)]
        feeds = [self._feed(asked, encoded[i].ids[start : start + room]) for i, start in windows]
        found: list[list[Span]] = [[] for _ in texts]
        for (i, start), logits in zip(windows, self._session.run(feeds), strict=True):
            offsets = [
                (a - len(prefixes[i]), b - len(prefixes[i]))
                for a, b in encoded[i].offsets[start : start + room]
            ]
            found[i] += _best_spans(logits[len(asked) + 2 : -1], logits[0], offsets, texts[i], n)
        return [_distinct(spans, n) or (NOTHING,) for spans in found]

    def _feed(self, asked: list[int], piece: list[int]) -> dict[str, NDArray[np.int64]]:
        first, separator = special_tokens(self._tokenizer)
        ids = [first, *asked, separator, *piece, separator]
        types = [0] * (len(asked) + 2) + [1] * (len(piece) + 1)
        return {"ids": np.array([ids], dtype=np.int64), "types": np.array([types], dtype=np.int64)}


def special_tokens(tokenizer: Tokenizer) -> tuple[int, int]:
    """The ids of BERT's first token and of its separator."""
    first, separator = tokenizer.token_to_id("[CLS]"), tokenizer.token_to_id("[SEP]")
    assert first is not None and separator is not None
    return first, separator


def _windows(tokens: int, room: int) -> list[int]:
    """Where windows of ``room`` tokens start so that they cover all tokens.

    >>> _windows(100, 200), _windows(300, 200)
    ([0], [0, 96, 100])
    """
    if tokens <= room:
        return [0] if tokens else []
    return [*range(0, tokens - room, STRIDE), tokens - room]


def _best_spans(
    logits: NDArray[np.float32],
    null: NDArray[np.float32],
    offsets: Sequence[tuple[int, int]],
    text: str,
    n: int,
) -> list[Span]:
    """The best ``n`` spans of one window that do not overlap, each of whole words of one sentence.

    Title tokens have negative offsets.
    """
    begins = np.array([0 <= a < b and not _JOINED.search(text[max(0, a - 2) : a + 1]) for a, b in offsets])
    finishes = np.array([0 <= a < b and not _GOES_ON.match(text, b - 1) for a, b in offsets])
    starts = np.where(begins, logits[:, 0], -np.inf)
    ends = np.where(finishes, logits[:, 1], -np.inf)
    sentence = np.searchsorted([end for _, end in sentences(text)], [a for a, _ in offsets], side="right")
    length = np.arange(len(logits))[None, :] - np.arange(len(logits))[:, None]
    legal = (length >= 0) & (length < MAX_ANSWER_TOKENS) & (sentence[:, None] == sentence[None, :])
    sums = np.where(legal, starts[:, None] + ends[None, :], -np.inf)
    spans: list[Span] = []
    while len(spans) < n:
        start, end = divmod(int(sums.argmax()), len(logits))
        score = float(sums[start, end] - null[0] - null[1])
        if score == -np.inf:
            break
        left, right = offsets[start][0], offsets[end][1]
        spans.append(Span(text[left:right], left, right, score))
        sums[: end + 1, start:] = -np.inf  # whatever begins before its end and ends after its start
    return spans


def _distinct(spans: Sequence[Span], n: int) -> tuple[Span, ...]:
    """The best ``n`` of spans from several windows, none overlapping a better one."""
    kept: list[Span] = []
    for span in sorted(spans, key=lambda each: -each.score):
        if all(span.end <= other.start or other.end <= span.start for other in kept):
            kept.append(span)
    return tuple(kept[:n])
