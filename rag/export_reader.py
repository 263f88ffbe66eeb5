"""Turn trained reader weights into the int8 graph that citedesk ships.

    python -m rag.export_reader reader.safetensors

The weights are a BERT's, under ``enc.``, and a two-output linear head, ``span.weight`` and ``span.bias``.
"""

from __future__ import annotations

import sys
from pathlib import Path

from index.bert import build
from rag.reader import MODEL


def export(weights: Path, target: Path = MODEL) -> int:
    """Write the int8 graph of ``weights`` to ``target``; returns its size in bytes."""
    from safetensors.numpy import load_file

    tensors = {name.removeprefix("enc."): value for name, value in load_file(weights).items()}
    return target.write_bytes(build(tensors, span_head=True).SerializeToString())


if __name__ == "__main__":
    size = export(Path(sys.argv[1]))
    sys.stdout.write(f"{MODEL}: {size / 1e6:.1f} MB\n")
