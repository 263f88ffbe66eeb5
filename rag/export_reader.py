"""Turn trained reader weights into the int8 graph that citedesk ships.

    python -m rag.export_reader reader.safetensors [another.safetensors ...]

The weights are a BERT's, under ``enc.``, and a two-output linear head, ``span.weight`` and ``span.bias``. Of
several readers that began from the same weights the mean is taken, which reads better than each of them
(Wortsman et al., ICML 2022).
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from index.bert import build
from rag.reader import MODEL


def export(weights: Sequence[Path], target: Path = MODEL) -> int:
    """Write the int8 graph of the mean of some weights to ``target``; returns its size in bytes."""
    tensors = {name.removeprefix("enc."): value for name, value in mean(weights).items()}
    return target.write_bytes(build(tensors, span_head=True).SerializeToString())


def mean(weights: Sequence[Path]) -> dict[str, NDArray[np.float16]]:
    """The mean of several readers' weights, those that all of them have."""
    from safetensors.numpy import load_file

    readers = [load_file(each) for each in weights]
    names = set.intersection(*(set(reader) for reader in readers))
    return {
        name: np.mean([reader[name].astype(np.float32) for reader in readers], axis=0).astype(np.float16)
        for name in sorted(names)
    }


if __name__ == "__main__":
    size = export([Path(each) for each in sys.argv[1:]])
    sys.stdout.write(f"{MODEL}: {size / 1e6:.1f} MB\n")
