"""What an explicit period in a question does to retrieval: with its filter, and without.

    python -m eval.benchmarks.periods [--keep DIR]

Three hundred questions made from articles of RealTimeQA 2023h2: "In March 2023, " and a sentence of an article
of that month with a name or figure asked for (``eval.training.cloze``). A hit is a passage of that article among the
first four. Both sides see the same question; one ignores the period that it names.
"""

from __future__ import annotations

import datetime as dt
import random

import numpy as np

from eval.benchmarks import newsroom
from eval.benchmarks.cold_start import machine
from eval.run import commit
from eval.training import cloze
from index.archive import Archive
from index.articles import DateRange
from index.sentences import sentences
from rag.dates import read_period
from rag.retrieve import retrieve

PERIOD, QUESTIONS, DEPTHS = "2023h2", 300, (1, 4, 10)
AS_OF = dt.date(2023, 12, 31)


def made(archive: Archive) -> list[tuple[str, str]]:
    """Questions with an explicit month, and the id of the article each was made from; the same ones each time."""
    chance = random.Random(0)
    articles = [a for a in archive.articles() if a.date and a.date <= AS_OF and len(a.text) > 600]
    usage = cloze.Usage(articles)
    chance.shuffle(articles)
    found: list[tuple[str, str]] = []
    for article in articles:
        body = article.text[article.body_start :]
        for start, end in sentences(body)[:5]:
            sentence = " ".join(body[start:end].split())
            choices = cloze.candidates(sentence, usage, chance) if 60 <= len(sentence) <= 260 else []
            if not choices or read_period(sentence, AS_OF):
                continue
            asked = cloze.question(sentence, *chance.choice(choices), chance)
            if len(asked.split()) >= 7 and article.date:
                found.append((f"In {article.date:%B %Y}, {asked}", article.id))
                break
        if len(found) == QUESTIONS:
            break
    return found


def places(archive: Archive, asked: list[tuple[str, str]], *, heed: bool) -> list[int]:
    """The place of the first passage of the right article for each question, 0 if there is none."""
    found = []
    for question, article_id in asked:
        period = read_period(question, AS_OF) if heed else None
        hits = retrieve(archive, question, published=DateRange(until=AS_OF), period=period)
        ids = [evidence.article.id for evidence, _ in hits]
        found.append(ids.index(article_id) + 1 if article_id in ids else 0)
    return found


def main() -> None:
    """Measure and print."""
    with (
        newsroom.kept(newsroom.parser(__doc__).parse_args().keep) as folder,
        newsroom.archive(PERIOD, folder) as archive,
    ):
        asked = made(archive)
        table = {
            name: places(archive, asked, heed=heed) for name, heed in (("ignored", False), ("heeded", True))
        }
    print(f"{len(asked)} questions, such as: {asked[0][0]}")
    print("| period | " + " | ".join(f"hit@{k}" for k in DEPTHS) + " |\n|---|---|---|---|")
    for name, found in table.items():
        print(
            f"| {name} | "
            + " | ".join(f"{np.mean([0 < at <= k for at in found]):.3f}" for k in DEPTHS)
            + " |"
        )
    print("command: python -m eval.benchmarks.periods")
    print(f"commit: {commit() or 'not a checkout'}")
    print(f"machine: {machine()}")


if __name__ == "__main__":
    main()
