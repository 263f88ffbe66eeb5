"""Articles per second into an archive, beside LlamaIndex's own ingestion of the same passages.

    pip install -e '.[bench]'
    python -m eval.benchmarks.indexing [--articles 400] [--rounds 2]

The articles are a seeded sample of 2023h2. citedesk does everything: read the file, cut, encode, FAISS,
BM25, catalogue, fsync. LlamaIndex is given the passages as they were cut, and embeds them with its
HuggingFace embedding of the same weights into its FAISS store, at its defaults. Both take turns, a part of
the articles a round, each in a process of its own with the model loaded beforehand, so that a machine whose speed
drifts is equally unfair to both. Between them the machine's own int8 matrix multiplication is timed.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eval.benchmarks import realtimeqa
from eval.benchmarks.cold_start import machine, peak
from eval.run import commit
from index.articles import Article
from index.encoder import load_encoder
from index.errors import SourceNotFound
from index.passages import cut

OPS_PER_TOKEN = 6 * (4 * 384**2 + 2 * 384 * 1536) * 2
"""Of the matrix products of all-MiniLM-L6-v2, attention's own left out; a multiply and an add are two."""


@dataclass(frozen=True, slots=True)
class Part:
    """One side of one round. ``outside`` is the share of processor time not spent in the encoder."""

    seconds: float
    megabytes: float
    outside: float = 0.0


def run_citedesk(source: Path) -> Part:
    """Index a JSONL file into a new archive."""
    from index.archive import Archive

    encoder = load_encoder()
    encoder.encode(["warm"])
    inside = 0.0

    class Timed:
        """The encoder, its processor time counted: its threads work while others read."""

        fingerprint, dimension, count = encoder.fingerprint, encoder.dimension, encoder.count

        def encode(self, texts: Any) -> Any:
            nonlocal inside
            start = time.perf_counter()
            made = encoder.encode(texts)
            inside += time.perf_counter() - start
            return made

    with tempfile.TemporaryDirectory() as folder, Archive.open(folder, encoder=Timed()) as archive:
        start = time.perf_counter()
        archive.sync(source)
        seconds = time.perf_counter() - start
    return Part(seconds, peak(), 1 - inside / seconds)


def run_llamaindex(source: Path) -> Part:
    """Embed the same passages into LlamaIndex's FAISS store."""
    import faiss
    from llama_index.core import StorageContext, VectorStoreIndex
    from llama_index.core.schema import TextNode
    from llama_index.embeddings.huggingface import HuggingFaceEmbedding
    from llama_index.vector_stores.faiss import FaissVectorStore

    from index.minilm import model_folder

    passages = json.loads(source.with_suffix(".passages.json").read_text("utf-8"))
    embedding = HuggingFaceEmbedding(model_name=str(model_folder()), device="cpu")
    embedding.get_text_embedding("warm")
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        nodes = [TextNode(id_=name, text=text) for name, text in passages]
        faiss_index: Any = faiss.IndexFlatIP(384)
        storage = StorageContext.from_defaults(vector_store=FaissVectorStore(faiss_index=faiss_index))
        VectorStoreIndex(nodes, storage_context=storage, embed_model=embedding)
        storage.persist(folder)
        seconds = time.perf_counter() - start
    return Part(seconds, peak())


def multiply_rate() -> float:
    """int8 operations a second of this machine, all cores: the model's middle product, 128 tokens."""
    import numpy as np
    import onnxruntime as ort
    from onnx import TensorProto, helper, numpy_helper

    from index.session import cores

    weights = np.random.default_rng(0).integers(-127, 127, (384, 1536), np.int8)
    graph = helper.make_graph(
        [helper.make_node("MatMulInteger", ["a", "w"], ["y"])],
        "product",
        [helper.make_tensor_value_info("a", TensorProto.UINT8, [128, 384])],
        [helper.make_tensor_value_info("y", TensorProto.INT32, [128, 1536])],
        [numpy_helper.from_array(weights, "w")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    session = ort.InferenceSession(model.SerializeToString(), options)
    tokens = np.random.default_rng(1).integers(0, 255, (128, 384), np.uint8)

    def work(times: int) -> None:
        for _ in range(times):
            session.run(None, {"a": tokens})

    with ThreadPoolExecutor(cores()) as pool:
        list(pool.map(work, [50] * cores()))
        start = time.perf_counter()
        list(pool.map(work, [500] * cores()))
        seconds = time.perf_counter() - start
    return 500 * cores() * 2 * 128 * 384 * 1536 / seconds


def prepare(folder: Path, number: int, rounds: int) -> list[tuple[Path, int, int]]:
    """The sample in parts, as the file that citedesk reads and the passages; with articles and tokens."""
    rows = random.Random(0).sample(realtimeqa.rows("articles", "2023h2"), number)
    encoder = load_encoder()
    parts = []
    for part in range(rounds):
        some = rows[part::rounds]
        path = folder / f"part{part}.jsonl"
        path.write_text("\n".join(json.dumps(row) for row in some), "utf-8")
        articles = [
            Article(text=row["text"], title=row["title"], date=row["date"], id=row["id"]) for row in some
        ]
        passages = [p for article in articles for p in cut(article, encoder.count)]
        tokens = sum(encoder.count([p.text for p in passages])) + 2 * len(passages)
        path.with_suffix(".passages.json").write_text(json.dumps([(p.id, p.text) for p in passages]), "utf-8")
        parts.append((path, len(some), tokens))
    return parts


def in_process(side: str, source: Path) -> Part:
    """One side of one round, in a process of its own."""
    command = [sys.executable, "-m", "eval.benchmarks.indexing", "--side", side, "--source", str(source)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{side} failed ({done.returncode}): {done.stderr.strip()[-800:]}")
    return Part(**json.loads(done.stdout.strip().splitlines()[-1]))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--articles", type=int, default=400)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--side", choices=["citedesk", "llamaindex"], help=argparse.SUPPRESS)
    parser.add_argument("--source", type=Path, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.side:
        part = (run_citedesk if chosen.side == "citedesk" else run_llamaindex)(chosen.source)
        print(json.dumps({"seconds": part.seconds, "megabytes": part.megabytes, "outside": part.outside}))
        return
    try:
        realtimeqa.source("articles", "2023h2")
    except SourceNotFound as error:
        sys.exit(str(error))
    with tempfile.TemporaryDirectory() as folder:
        parts = prepare(Path(folder), chosen.articles, chosen.rounds)
        ours, theirs, rates = [], [], []
        for path, number, _ in parts:
            ours.append(in_process("citedesk", path))
            rates.append(multiply_rate())
            theirs.append(in_process("llamaindex", path))
            ratio = theirs[-1].seconds / ours[-1].seconds
            print(
                f"round of {number}: {ours[-1].seconds:.1f} s and {theirs[-1].seconds:.1f} s, ratio {ratio:.2f}"
            )
    _print(parts, ours, theirs, rates)
    print(
        f"command: python -m eval.benchmarks.indexing --articles {chosen.articles} --rounds {chosen.rounds}"
    )
    print(f"commit: {commit() or 'not a checkout'}")
    print(f"machine: {machine()}")


def _print(
    parts: list[tuple[Path, int, int]], ours: list[Part], theirs: list[Part], rates: list[float]
) -> None:
    articles, tokens = sum(part[1] for part in parts), sum(part[2] for part in parts)
    our_time, their_time = (sum(part.seconds for part in side) for side in (ours, theirs))
    ratios = [b.seconds / a.seconds for a, b in zip(ours, theirs, strict=True)]
    print(f"{articles} articles, {tokens:,} tokens")
    print("| | articles/s | tokens/s | peak memory |\n|---|---|---|---|")
    for name, seconds, side in [("citedesk", our_time, ours), ("LlamaIndex", their_time, theirs)]:
        peak = max(part.megabytes for part in side)
        print(f"| {name} | {articles / seconds:.2f} | {tokens / seconds:,.0f} | {peak:,.0f} MB |")
    print(
        f"ratio {their_time / our_time:.2f} (median round {statistics.median(ratios):.2f}; at least 4 is wanted)"
    )
    outside = statistics.median(part.outside for part in ours)
    print(f"time with the encoder idle: {outside:.1%} (under 10% is wanted)")
    rate = statistics.median(rates)
    used = tokens * OPS_PER_TOKEN / our_time
    print(f"int8 products: {used / 1e9:.0f} of the machine's {rate / 1e9:.0f} Gop/s ({used / rate:.0%})")


if __name__ == "__main__":
    main()
