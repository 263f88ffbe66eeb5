"""The training loop of the reader: a span head on an encoder, products in bfloat16, masters in fp32."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from eval.training.examples import Example
from index.minilm import model_folder
from rag.export_reader import mean
from rag.reader import MAX_TOKENS

log = logging.getLogger("train_reader")

Batch = list[Example]
Weights = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Recipe:
    """What, besides the data, decides the weights."""

    learning_rate: float = 3e-4
    last_rate: float = 6e-6
    warmup: int = 150  # steps
    batch_tokens: int = 24 * 192
    seed: int = 1


FURTHER = Recipe(learning_rate=2e-4, last_rate=4e-6)
"""For readers that are trained on."""


def batches(examples: Sequence[Example], tokens: int, chance: np.random.Generator) -> list[Batch]:
    """Batches of like lengths with at most so many tokens, in random order."""
    order = chance.permutation(len(examples)).tolist()
    found: list[Batch] = []
    for at in range(0, len(order), 4096):
        batch: Batch = []
        for i in sorted(order[at : at + 4096], key=lambda i: len(examples[i].ids)):
            if batch and (len(batch) + 1) * _padded(len(examples[i].ids)) > tokens:
                found.append(batch)
                batch = []
            batch.append(examples[i])
        found.append(batch)
    chance.shuffle(found)
    return found


def _padded(length: int) -> int:
    """Few distinct shapes: the allocator and the kernel cache grow with each new one."""
    return -(-length // 16) * 16


def train(epochs: Sequence[Sequence[Example]], out: Path, recipe: Recipe, start: Sequence[Path] = ()) -> None:
    """Fine-tune and write fp16 weights to ``out`` now and then, logging loss and speed.

    Begins from the mean of the weights in ``start``, or from the published encoder with a new head.
    """
    import torch

    torch.manual_seed(recipe.seed)
    chance = np.random.default_rng(recipe.seed)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    plan = [batch for part in epochs for batch in batches(part, recipe.batch_tokens, chance)]
    log.info("%d examples, %d steps on %s", sum(map(len, epochs)), len(plan), device)
    net = network(start).train()
    frozen = {name: value.clone() for name, value in net.state_dict().items()}
    masters = {name: p.detach().clone().to(device) for name, p in net.named_parameters() if p.requires_grad}
    net = net.to(device, torch.bfloat16)
    working = [p for p in net.parameters() if p.requires_grad]
    kept = list(masters.values())
    groups = [
        {"params": [p for p in kept if p.ndim > 1], "weight_decay": 0.01},
        {"params": [p for p in kept if p.ndim <= 1], "weight_decay": 0.0},
    ]
    optimizer = torch.optim.AdamW(groups, lr=recipe.learning_rate, foreach=True)
    progress = _Progress(len(plan))
    for step, batch in enumerate(plan):
        _set_rate(optimizer, recipe, step, len(plan))
        loss, count = _loss(net, batch, device)
        loss.backward()
        for master, param in zip(kept, working, strict=True):
            master.grad, param.grad = param.grad.float(), None
        torch.nn.utils.clip_grad_norm_(kept, 1.0)
        optimizer.step()
        with torch.no_grad():
            torch._foreach_copy_(working, kept)
        progress.told(step, loss.item(), count)
        if step % 500 == 499 or step + 1 == len(plan):
            _save(frozen | masters, out)


def _set_rate(optimizer: Any, recipe: Recipe, step: int, steps: int) -> None:
    falling = recipe.last_rate + (recipe.learning_rate - recipe.last_rate) * (1 - step / steps)
    for group in optimizer.param_groups:
        group["lr"] = falling * min((step + 1) / recipe.warmup, 1)


def network(start: Sequence[Path] = ()) -> Any:
    """An encoder with a span head, as in ``train``; calling it gives logits, [batch, tokens, 2]."""
    import torch
    from safetensors.torch import load_file
    from transformers import BertConfig, BertModel

    class Net(torch.nn.Module):
        """Encoder and span head."""

        def __init__(self) -> None:
            super().__init__()
            config = BertConfig.from_pretrained(
                model_folder(),
                attn_implementation="sdpa",
                hidden_dropout_prob=0.0,
                attention_probs_dropout_prob=0.0,
            )
            self.enc = BertModel(config, add_pooling_layer=False)
            self.span = torch.nn.Linear(config.hidden_size, 2)

        def forward(self, ids: Any, types: Any, mask: Any) -> Any:
            states = self.enc(
                input_ids=ids, token_type_ids=types, attention_mask=None if mask.all() else mask
            ).last_hidden_state
            return self.span(states).float().masked_fill(mask[..., None] == 0, -1e4)

    net = Net()
    published = load_file(model_folder() / "model.safetensors")
    net.load_state_dict(
        {
            f"enc.{name}": value.float()
            for name, value in published.items()
            if not name.startswith("pooler") and "position_ids" not in name
        },
        strict=False,
    )
    torch.nn.init.normal_(net.span.weight, std=0.02)
    torch.nn.init.zeros_(net.span.bias)
    if start:
        net.load_state_dict(
            {name: torch.from_numpy(value).float() for name, value in mean(start).items()}, strict=False
        )
    for parameter in net.enc.embeddings.parameters():
        parameter.requires_grad = False
    return net


def _loss(net: Any, batch: Batch, device: str) -> tuple[Any, int]:
    """Mean cross-entropy of start and end, and the tokens it took."""
    import torch

    longest = min(_padded(max(len(each.ids) for each in batch)), MAX_TOKENS)
    ids, types, mask = (np.zeros((len(batch), longest), np.int64) for _ in range(3))
    for row, each in enumerate(batch):
        length = len(each.ids)
        ids[row, :length], mask[row, :length] = each.ids, 1
        types[row, each.passage : length] = 1
    logits = net(*(torch.from_numpy(array).to(device) for array in (ids, types, mask)))
    cross_entropy = torch.nn.functional.cross_entropy
    starts, ends = (
        torch.tensor([getattr(each, side) for each in batch], device=device) for side in ("start", "end")
    )
    return (cross_entropy(logits[..., 0], starts) + cross_entropy(logits[..., 1], ends)) / 2, int(mask.sum())


def _save(weights: Weights, out: Path) -> None:
    from safetensors.torch import save_file

    halves = {name: value.detach().cpu().half().contiguous() for name, value in weights.items()}
    save_file({name: value for name, value in halves.items() if "position_ids" not in name}, out)


class _Progress:
    """A line now and then: loss, rate and time left."""

    def __init__(self, steps: int) -> None:
        self._steps = steps
        self._began = time.perf_counter()
        self._tokens = 0
        self._loss = 0.0

    def told(self, step: int, loss: float, tokens: int) -> None:
        self._tokens += tokens
        self._loss = 0.98 * self._loss + 0.02 * loss if step else loss
        if step % 50 == 49:
            taken = time.perf_counter() - self._began
            log.info(
                "step %d of %d, loss %.3f, %.0f tokens/s, %.0f s left",
                step + 1,
                self._steps,
                self._loss,
                self._tokens / taken,
                (self._steps - step - 1) * taken / (step + 1),
            )
