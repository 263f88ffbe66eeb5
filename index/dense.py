"""Dense ranking: exact inner product over unit vectors, in FAISS."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index.encoder import Vectors

Ids = NDArray[np.int64]

KIND = "FAISS IDMap2,Flat (exact, inner product)"


class Dense:
    """The vectors of one generation of the catalogue. Searching from several threads is safe."""

    def __init__(self, index: Any, generation: str) -> None:
        self._index = index
        self.generation = generation

    @classmethod
    def build(cls, ids: Ids, vectors: Vectors, generation: str) -> Dense:
        """An index of ``vectors``, shape [n, dimension], under the numbers ``ids``."""
        import faiss

        index = faiss.IndexIDMap2(faiss.IndexFlatIP(vectors.shape[1] or 1))
        if len(ids):
            index.add_with_ids(np.ascontiguousarray(vectors, np.float32), ids)
        return cls(index, generation)

    @classmethod
    def load(cls, folder: Path, generation: str) -> Dense | None:
        """The index saved for this generation, or None if there is none that can be read."""
        import faiss

        path = _path(folder, generation)
        if not path.is_file():
            return None
        try:
            return cls(faiss.read_index(str(path)), generation)
        except (RuntimeError, MemoryError):  # FAISS says "Error ... read" for every kind of damage
            return None

    def save(self, folder: Path) -> None:
        """Write the index in one step, and remove those of other generations."""
        import faiss

        path = _path(folder, self.generation)
        part = path.with_suffix(".part")
        faiss.write_index(self._index, str(part))
        with part.open("rb+") as file:
            os.fsync(file.fileno())
        part.replace(path)
        for other in folder.glob("dense-*"):
            if other != path:
                other.unlink(missing_ok=True)

    def __len__(self) -> int:
        return int(self._index.ntotal)

    @property
    def ids(self) -> Ids:
        """The numbers of all vectors, in the order they are kept."""
        import faiss

        return np.asarray(faiss.vector_to_array(self._index.id_map), np.int64)

    def search(self, query: Vectors, k: int, allowed: Ids | None = None) -> dict[int, float]:
        """The ``k`` nearest numbers, best first, with their cosine; only among ``allowed`` if given."""
        import faiss

        k = min(k, len(self) if allowed is None else len(allowed))
        if k < 1 or not len(self):
            return {}
        params = None
        if allowed is not None:
            bits = np.zeros(int(allowed.max()) + 1, np.uint8)
            bits[allowed] = 1
            bitmap = np.packbits(bits, bitorder="little")
            # FAISS gives its classes these signatures at import, unseen by its own stubs.
            params = faiss.SearchParameters(sel=faiss.IDSelectorBitmap(bitmap))  # type: ignore[call-arg,arg-type]
        scores, ids = self._index.search(query.reshape(1, -1).astype(np.float32), k, params=params)
        return {int(n): float(s) for n, s in zip(ids[0], scores[0], strict=True) if n >= 0}

    def cosines(self, query: Vectors, ids: list[int]) -> dict[int, float]:
        """The cosine of the query to each of these numbers; unknown ones are left out."""
        found = {}
        for n in ids:
            try:
                found[n] = float(self._index.reconstruct(n) @ query.reshape(-1))
            except RuntimeError:  # "key not found"
                continue
        return found

    def vector(self, n: int) -> Vectors:
        """The stored vector of one number, shape [dimension]."""
        return np.asarray(self._index.reconstruct(n), np.float32)


def saved(folder: Path, generation: str) -> bool:
    """Whether an index of this generation is on disk."""
    return _path(folder, generation).is_file()


def _path(folder: Path, generation: str) -> Path:
    return folder / f"dense-{generation}.faiss"
