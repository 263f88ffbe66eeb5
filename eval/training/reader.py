"""Train the reader that citedesk ships.

    python -m eval.training.reader --out reader.safetensors [--work DIR] [--seed 1] [--start READER ...]

Its data: the reading rows, near paragraphs that do not answer them, real news questions of 2022h2 and 2023h1,
and questions made of the news of these periods. Embeddings are frozen, there is no dropout; on the CPU products
are of bfloat16 weights whose fp32 masters the optimizer keeps. Without ``--start`` it begins from the published
weights of all-MiniLM-L6-v2; with it from the mean of the readers named, with fewer made questions and some words
masked. ``--work`` keeps the archives of the news for another run. The same seed gives the same weights on the same
machine and number of threads. Then

    python -m rag.export_reader reader.safetensors

turns the weights into the int8 graph in ``rag/models``.
"""

from __future__ import annotations

import argparse
import logging
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from eval.training.data import gather
from eval.training.loop import FURTHER, Recipe, train
from index.errors import SourceNotFound


def main() -> None:
    """Read the command line and train."""
    parser = argparse.ArgumentParser(description="train the reader")
    parser.add_argument("--out", type=Path, required=True, help="where the weights go (.safetensors)")
    parser.add_argument("--work", type=Path, help="where the archives of the news stay for another run")
    parser.add_argument("--seed", type=int, default=Recipe().seed)
    parser.add_argument("--start", type=Path, nargs="+", default=[], help="readers to begin from the mean of")
    given = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    with tempfile.TemporaryDirectory() as temporary:
        try:
            data = gather(given.work or Path(temporary))
        except SourceNotFound as error:
            sys.exit(str(error))
    epochs = data.further(given.seed) if given.start else data.epochs(given.seed)
    recipe = replace(FURTHER if given.start else Recipe(), seed=given.seed)
    train(epochs, given.out, recipe, given.start)


if __name__ == "__main__":
    main()
