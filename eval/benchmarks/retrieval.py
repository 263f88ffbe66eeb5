"""What int8 costs in retrieval: the same passages and questions, encoded in int8 and in fp32.

    python -m eval.benchmarks.retrieval [--questions N] [--keep DIR]

The archive holds the articles that a web search returned for the first N questions of RealTimeQA 2023h2
(all, unless told otherwise). A question counts if its answer string occurs in any passage; it is a hit at k
if it occurs in one of the first k. Searches see articles up to the day of the question. fp32 is the same
graph with the published weights as they are. ``--keep`` names a folder in which both archives stay, so that
a second run encodes nothing.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from eval.benchmarks import realtimeqa
from eval.benchmarks.cold_start import machine
from eval.metrics import normalise
from eval.run import commit
from index.archive import Archive
from index.articles import Article, DateRange
from index.encoder import Encoder, load_encoder
from index.errors import SourceNotFound

DEPTHS = (1, 4, 10)


def exact_encoder() -> Encoder:
    """all-MiniLM-L6-v2 in fp32, in the graph of the default encoder."""
    from safetensors.numpy import load

    from index.bert import build
    from index.minilm import FINGERPRINT, MiniLM, load_tokenizer, model_folder
    from index.session import Session

    class Exact(MiniLM):
        """The published weights as they are."""

        fingerprint = FINGERPRINT.replace("int8", "fp32")

    weights = load((model_folder() / "model.safetensors").read_bytes())
    return Exact(Session(build(weights, int8=False).SerializeToString()), load_tokenizer())


def filled(folder: Path, encoder: Encoder, articles: Sequence[Article]) -> Archive:
    """An archive of these articles."""
    archive = Archive.open(folder, encoder=encoder)
    archive.add(
        articles, progress=lambda p: print(f"\r{encoder.fingerprint} {p.passages:,}", end="", file=sys.stderr)
    )
    print(file=sys.stderr)
    return archive


def ranks(archive: Archive, asked: Sequence[realtimeqa.Question]) -> list[int]:
    """For each question the place of the first passage that holds an answer, 0 if none of ten does."""
    found = []
    for question in asked:
        wanted = [normalise(answer) for answer in question.answers]
        hits = archive.search(question.text, max(DEPTHS), published=DateRange(until=question.day))
        places = [
            place
            for place, hit in enumerate(hits, 1)
            if any(f" {answer} " in f" {normalise(hit.passage.text)} " for answer in wanted)
        ]
        found.append(places[0] if places else 0)
    return found


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--questions", type=int, help="how many questions, and their articles (default: all)")
    parser.add_argument("--keep", type=Path, help="where both archives stay for another run")
    chosen = parser.parse_args()
    try:
        every = realtimeqa.questions("2023h2")[: chosen.questions]
    except SourceNotFound as error:
        sys.exit(str(error))
    wanted = frozenset().union(*(question.retrieved for question in every))
    articles = [
        Article(text=row["text"], title=row["title"], date=row["date"], url=row["url"], id=row["id"])
        for row in realtimeqa.rows("articles", "2023h2")
        if row["id"] in wanted
    ]
    texts = [f" {normalise(article.text)} " for article in articles]
    golds = {question.id: [f" {normalise(answer)} " for answer in question.answers] for question in every}
    asked = [q for q in every if any(gold in text for gold in golds[q.id] for text in texts)]
    with tempfile.TemporaryDirectory() as temporary:
        folder = chosen.keep or Path(temporary)
        table = {}
        for name, encoder in [("fp32", exact_encoder()), ("int8", load_encoder())]:
            with filled(folder / name, encoder, articles) as archive:
                table[name] = ranks(archive, asked)
                passages = archive.status().passages
    print(f"{len(asked)} questions whose answer occurs in {len(articles):,} articles, {passages:,} passages")
    print("| encoder | " + " | ".join(f"hit@{k}" for k in DEPTHS) + " | MRR@10 |\n|---|---|---|---|---|")
    for name, places in table.items():
        cells = [np.mean([0 < place <= k for place in places]) for k in DEPTHS]
        mrr = np.mean([1 / place if place else 0 for place in places])
        print(f"| {name} | " + " | ".join(f"{cell:.3f}" for cell in [*cells, mrr]) + " |")
    lost = np.mean([0 < p <= 10 for p in table["fp32"]]) - np.mean([0 < p <= 10 for p in table["int8"]])
    print(f"int8 loses {100 * lost:+.1f} points of hit@10 (at most 0.5 is wanted)")
    print(f"command: python -m eval.benchmarks.retrieval --questions {len(every)}")
    print(f"commit: {commit() or 'not a checkout'}")
    print(f"machine: {machine()}")


if __name__ == "__main__":
    main()
