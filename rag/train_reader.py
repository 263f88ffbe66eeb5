"""Train the reader: fine-tune its BERT and span head on questions, passages and unanswerable pairs.

    python -m rag.train_reader --start reader.safetensors --data ../shared/data --out better.safetensors

Data are the rows of ``reading/train.jsonl.gz``. To every epoch it adds questions in which one name is
exchanged for another that the passage lacks; they have no answer, and teach the reader that drones
over Kyiv are not drones over Belgorod. Embeddings are frozen, there is no dropout, matrices multiply
in bfloat16. The same seed gives the same weights on the same machine and number of threads.
"""

from __future__ import annotations

import argparse
import gzip
import json
import logging
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from index.minilm import load_tokenizer, model_folder
from rag.names import missing_names, names
from rag.reader import MAX_QUESTION_TOKENS, MAX_TOKENS, special_tokens

log = logging.getLogger("train_reader")


@dataclass(frozen=True, slots=True)
class Recipe:
    """What, besides the data, decides the weights."""

    epochs: float = 1.0
    learning_rate: float = 8e-5
    batch: int = 24
    warmup: int = 100
    adversarial: int = 3  # times that questions written to be unanswerable (SQuAD 2.0) are seen an epoch
    exchanged: float = 0.3  # share of answerable rows that are also asked with a name exchanged
    seed: int = 1


@dataclass(frozen=True, slots=True)
class Example:
    """Token ids of question and passage; ``start`` and ``end`` are 0, the null span, for no answer."""

    ids: tuple[int, ...]
    types: tuple[int, ...]
    start: int
    end: int


def rows(data: Path) -> list[dict[str, Any]]:
    """The training rows, in file order: neighbours are about the same article."""
    with gzip.open(data / "reading" / "train.jsonl.gz", "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def exchanged(every: list[dict[str, Any]], share: float, chance: random.Random) -> Iterator[dict[str, Any]]:
    """Answerable rows with a name exchanged for one from a neighbouring question: unanswerable."""
    known = [[n.text for n in names(row["question"]) if not n.text[0].isdigit()] for row in every]
    for i, row in enumerate(every):
        if row["answer_start"] is None or not known[i] or chance.random() > share:
            continue
        nearby = {name for group in known[max(0, i - 60) : i + 60] for name in group}
        strange = [
            n for n in sorted(nearby) if n not in row["question"] and missing_names(f"x {n}", row["context"])
        ]
        if strange:
            question = row["question"].replace(chance.choice(known[i]), chance.choice(strange))
            yield {**row, "question": question, "answer_start": None, "answer_end": None}


def example(row: dict[str, Any], chance: random.Random) -> Example | None:
    """One row as tokens; a passage longer than the window is cut to one that holds the answer."""
    tokenizer = load_tokenizer()
    asked = tokenizer.encode(row["question"], add_special_tokens=False).ids[:MAX_QUESTION_TOKENS]
    piece = tokenizer.encode(row["context"], add_special_tokens=False)
    room = MAX_TOKENS - len(asked) - 3
    first, last = -1, -1
    if row["answer_start"] is not None:
        held = [
            i for i, (a, b) in enumerate(piece.offsets) if a < row["answer_end"] and b > row["answer_start"]
        ]
        if not held or held[-1] - held[0] >= room:
            return None
        first, last = held[0], held[-1]
    low = max(0, last - room + 1) if first >= 0 else 0
    high = max(0, min(first if first >= 0 else len(piece.ids), len(piece.ids) - room))
    begin = chance.randint(low, high) if high > low else low
    kept = piece.ids[begin : begin + room]
    start, separator = special_tokens(tokenizer)
    shift = len(asked) + 2 - begin
    return Example(
        (start, *asked, separator, *kept, separator),
        (*(0,) * (len(asked) + 2), *(1,) * (len(kept) + 1)),
        first + shift if first >= 0 else 0,
        last + shift if first >= 0 else 0,
    )


def batches(examples: list[Example], size: int, chance: random.Random) -> list[list[Example]]:
    """Batches of like lengths, in random order."""
    mixed = chance.sample(examples, len(examples))
    groups = [
        sorted(mixed[i : i + 100 * size], key=lambda e: len(e.ids)) for i in range(0, len(mixed), 100 * size)
    ]
    cut = [group[i : i + size] for group in groups for i in range(0, len(group), size)]
    return chance.sample(cut, len(cut))


def train(start: Path, data: Path, out: Path, recipe: Recipe) -> None:
    """Fine-tune from ``start`` and write fp16 weights to ``out``, logging loss and speed."""
    import torch
    from safetensors.torch import load_file, save_file

    torch.manual_seed(recipe.seed)
    chance = random.Random(recipe.seed)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    weights = load_file(start)
    encoder, span = _model(weights, device)
    every = rows(data)
    every += [row for row in every if row["source"] == "v2"] * (recipe.adversarial - 1)
    every += list(exchanged(every, recipe.exchanged, chance))
    examples = [made for row in every if (made := example(row, chance)) is not None]
    plan = [b for _ in range(int(recipe.epochs) + 1) for b in batches(examples, recipe.batch, chance)]
    plan = plan[: int(recipe.epochs * len(examples) / recipe.batch)]
    log.info("%d examples, %d steps on %s", len(examples), len(plan), device)
    parameters = [p for p in (*encoder.parameters(), *span.parameters()) if p.requires_grad]
    optimizer = torch.optim.AdamW(parameters, lr=recipe.learning_rate, weight_decay=0.01)
    began, tokens, running = time.perf_counter(), 0, 0.0
    for step, batch in enumerate(plan):
        rate = min((step + 1) / recipe.warmup, (len(plan) - step) / len(plan))
        for group in optimizer.param_groups:
            group["lr"] = recipe.learning_rate * rate
        loss, count = _loss(encoder, span, batch, device)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        tokens += count
        running = 0.98 * running + 0.02 * loss.item() if step else loss.item()
        if step % 50 == 49:
            speed = tokens / (time.perf_counter() - began)
            left = (len(plan) - step - 1) * (time.perf_counter() - began) / (step + 1)
            log.info(
                "step %d of %d, loss %.3f, %.0f tokens/s, %.0f s left",
                step + 1,
                len(plan),
                running,
                speed,
                left,
            )
        if step % 500 == 499 or step + 1 == len(plan):
            state = {f"enc.{k}": v.half().contiguous() for k, v in encoder.state_dict().items()}
            state |= {f"span.{k}": v.half().contiguous() for k, v in span.state_dict().items()}
            save_file({k: v for k, v in state.items() if k in weights}, out)


def _model(weights: dict[str, Any], device: str) -> tuple[Any, Any]:
    import torch
    from transformers import BertConfig, BertModel

    config = BertConfig.from_pretrained(
        model_folder(), attn_implementation="eager", hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0
    )
    encoder = BertModel(config, add_pooling_layer=False)
    encoder.load_state_dict(
        {k.removeprefix("enc."): v.float() for k, v in weights.items() if k.startswith("enc.")}, strict=False
    )
    for parameter in encoder.embeddings.parameters():
        parameter.requires_grad = False
    span = torch.nn.Linear(config.hidden_size, 2)
    span.load_state_dict(
        {k.removeprefix("span."): v.float() for k, v in weights.items() if k.startswith("span.")}
    )
    return encoder.train().to(device), span.to(device)


def _loss(encoder: Any, span: Any, batch: list[Example], device: str) -> tuple[Any, int]:
    """Mean cross-entropy of start and end, and the tokens it took."""
    import torch

    # Few distinct shapes: the allocator and the kernel cache grow with each new one.
    longest = min(MAX_TOKENS, -(-max(len(each.ids) for each in batch) // 32) * 32)

    def padded(values: list[tuple[int, ...]]) -> Any:
        return torch.tensor([v + (0,) * (longest - len(v)) for v in values], device=device)

    ids, types = padded([each.ids for each in batch]), padded([each.types for each in batch])
    mask = padded([(1,) * len(each.ids) for each in batch])
    with torch.autocast(device, dtype=torch.bfloat16):
        states = encoder(input_ids=ids, token_type_ids=types, attention_mask=mask).last_hidden_state
        logits = span(states)
    logits = logits.float().masked_fill(mask[..., None] == 0, -1e4)
    starts = torch.tensor([each.start for each in batch], device=device)
    ends = torch.tensor([each.end for each in batch], device=device)
    cross_entropy = torch.nn.functional.cross_entropy
    return (cross_entropy(logits[..., 0], starts) + cross_entropy(logits[..., 1], ends)) / 2, int(mask.sum())


def main() -> None:
    """Read the command line and train."""
    parser = argparse.ArgumentParser(description="fine-tune the reader")
    parser.add_argument("--start", type=Path, required=True, help="weights to start from (.safetensors)")
    parser.add_argument(
        "--data", type=Path, default=Path("../shared/data"), help="folder with reading/train.jsonl.gz"
    )
    parser.add_argument("--out", type=Path, required=True, help="where the trained weights go (.safetensors)")
    parser.add_argument("--epochs", type=float, default=Recipe().epochs)
    parser.add_argument("--seed", type=int, default=Recipe().seed)
    given = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    train(given.start, given.data, given.out, Recipe(epochs=given.epochs, seed=given.seed))


if __name__ == "__main__":
    main()
