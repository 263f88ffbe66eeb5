"""What the reader is trained on, and in which order."""

from __future__ import annotations

import logging
import random
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from eval.benchmarks import realtimeqa
from eval.training import cloze, news, reading
from eval.training.examples import Example
from index.archive import Archive
from index.encoder import load_encoder
from index.minilm import load_tokenizer

log = logging.getLogger("train_reader")

_MASKED = 0.5  # share of the examples that lose words
_OF_QUESTION, _OF_PASSAGE = 0.15, 0.06  # share of the word pieces they lose


@dataclass(frozen=True, slots=True)
class Data:
    """Examples by where they come from."""

    read: list[Example]
    near: list[Example]
    news: list[Example]
    news_near: list[Example]
    cloze: list[Example]
    cloze_near: list[Example]

    def epochs(self, seed: int) -> list[list[Example]]:
        """Two epochs: made questions mostly in the first, real news questions more often in the second."""
        near, beside, lacking = _shuffled(seed, self.near, self.cloze_near, self.news_near)
        half, some = len(lacking) // 2, len(self.cloze) // 2
        first = [*self.read, *near[:7000], *self.cloze, *beside[:some]]
        first += [*self.news, *lacking[:half]]
        more = beside[some : some + len(self.cloze) // 4]
        second = [*self.read, *near[7000:14000], *self.cloze[::3], *more]
        second += [*self.news, *self.news, *lacking[half:], *lacking[:half]]
        return [first, second]

    def further(self, seed: int) -> list[list[Example]]:
        """Two epochs for readers that have seen all of it: few made questions, and words missing here and there."""
        near, lacking = _shuffled(seed, self.near, self.news_near)
        chance = np.random.default_rng(seed)
        first = [*self.read, *near[:6000], *self.news, *lacking[:3500], *self.cloze[::4]]
        second = [*self.read, *near[6000:12000], *self.news, *lacking[3500:]]
        return [[masked(each, chance) for each in part] for part in (first, second)]


def _shuffled(seed: int, *parts: list[Example]) -> list[list[Example]]:
    order = random.Random(seed)
    copies = [list(part) for part in parts]
    for copy in copies:
        order.shuffle(copy)
    return copies


def masked(example: Example, chance: np.random.Generator) -> Example:
    """Half of the examples as they are; the others without some words, so that no single word decides."""
    if chance.random() < _MASKED:
        return example
    ids, at = example.ids.copy(), np.arange(len(example.ids))
    lost = chance.random(len(ids)) < np.where(at < example.passage, _OF_QUESTION, _OF_PASSAGE)
    lost[[0, example.passage - 1, len(ids) - 1]] = False
    if example.start > 0:
        lost[example.start : example.end + 1] = False
    mask = load_tokenizer().token_to_id("[MASK]")
    assert mask is not None
    ids[lost] = mask
    return replace(example, ids=ids)


def gather(work: Path) -> Data:
    """All examples; the archives of the news are made below ``work`` unless they are there."""
    encoder = load_encoder()
    read, near = reading.examples(encoder)
    chance = random.Random(2)
    archives = [Archive.open(work / period, encoder=encoder) for period in news.PERIODS]
    for period, archive in zip(news.PERIODS, archives, strict=True):
        archive.sync(realtimeqa.source("articles", period))
        log.info("%s: %d passages", period, archive.status().passages)
    real = [news.examples(a, p, chance) for p, a in zip(news.PERIODS, archives, strict=True)]
    made = [cloze.examples(a, p, chance) for p, a in zip(news.PERIODS, archives, strict=True)]
    for archive in archives:
        archive.close()
    holding, lacking = ([e for part in real for e in part[side]] for side in (0, 1))
    asked, beside = ([e for part in made for e in part[side]] for side in (0, 1))
    return Data(read, near, holding, lacking, asked, beside)
