"""The vectors of the catalogue: made once for each distinct text, kept as half-precision floats.

Half precision moves a cosine by less than 0.001, far less than int8 inference does.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from index.catalogue import Catalogue
from index.encoder import Encoder, Vectors
from index.errors import ModelError
from index.reports import OnProgress, Progress

_BATCH = 256  # about three seconds of work on two cores: what an interruption can cost

_PENDING = "FROM passages p WHERE NOT EXISTS (SELECT 1 FROM vectors v WHERE v.key = p.key)"


def encode_pending(catalogue: Catalogue, encoder: Encoder, progress: OnProgress) -> int:
    """Encode every passage that has no vector yet, a commit a batch. Returns how many were encoded."""
    ((total,),) = catalogue.rows(f"SELECT COUNT(DISTINCT p.key) {_PENDING}")
    done, last = 0, 0
    while done < total:
        rows = catalogue.rows(
            f"SELECT p.n, p.key, p.text {_PENDING} AND p.n > ? ORDER BY p.n LIMIT {_BATCH}", last
        )
        if not rows:
            break
        texts = {key: text for _, key, text in rows}
        vectors = _checked(encoder.encode(list(texts.values())), len(texts), encoder)
        with catalogue.writing():
            catalogue.many(
                "INSERT OR IGNORE INTO vectors VALUES (?, ?)",
                ((key, row.tobytes()) for key, row in zip(texts, vectors, strict=True)),
            )
            catalogue.touch()
        done, last = done + len(texts), rows[-1][0]
        progress(Progress("encoding", done, total))
    return done


def _checked(vectors: Vectors, number: int, encoder: Encoder) -> NDArray[np.float16]:
    if vectors.shape != (number, encoder.dimension) or not np.isfinite(vectors).all():
        raise ModelError(
            f"model {encoder.fingerprint} made vectors of shape {vectors.shape} where finite ones of "
            f"{(number, encoder.dimension)} are needed; install it again or use another model"
        )
    return vectors.astype(np.float16)


def purge(catalogue: Catalogue) -> None:
    """Delete vectors that no passage has any more."""
    catalogue.rows("DELETE FROM vectors WHERE key NOT IN (SELECT key FROM passages)")


def load(catalogue: Catalogue, ids: Sequence[int] | None = None) -> tuple[NDArray[np.int64], Vectors]:
    """Passage numbers and their vectors, shape [n, dimension]; all of them, or those of ``ids``."""
    numbers: list[int] = []
    blobs: list[bytes] = []
    for n, blob in _stored(catalogue, ids):
        numbers.append(n)
        blobs.append(blob)
    if not blobs:
        return np.zeros(0, np.int64), np.zeros((0, 0), np.float32)
    matrix = np.frombuffer(b"".join(blobs), np.float16).reshape(len(blobs), -1)
    return np.array(numbers, np.int64), matrix.astype(np.float32)


def _stored(catalogue: Catalogue, ids: Sequence[int] | None) -> Iterator[tuple[int, bytes]]:
    sql = "SELECT p.n, v.vector FROM passages p JOIN vectors v ON v.key = p.key"
    if ids is None:
        yield from catalogue.each(f"{sql} ORDER BY p.n")
    for n in ids or ():
        yield from catalogue.rows(f"{sql} WHERE p.n = ?", int(n))
