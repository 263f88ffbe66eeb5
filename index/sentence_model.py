"""Any sentence-transformers model, by name or path, behind the Encoder port."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from index.encoder import Vectors
from index.errors import ModelError


class SentenceModel:
    """A sentence-transformers model; on the GPU when there is one.

    A name is looked up on the model hub unless ``HF_HUB_OFFLINE=1``; a path never leaves the machine.
    Raises ModelError if the model cannot be loaded.
    """

    def __init__(self, name: str) -> None:
        from sentence_transformers import SentenceTransformer

        try:
            self._model = SentenceTransformer(name)
        except (OSError, ValueError) as error:
            reason = str(error).strip().split("\n", 1)[0]
            raise ModelError(
                f"the embedding model {name!r} cannot be loaded ({reason}); "
                "give a folder, a name that this machine has or can fetch, or all-MiniLM-L6-v2"
            ) from error
        self.dimension = int(self._model.get_sentence_embedding_dimension() or 0)
        self.fingerprint = f"{Path(name).name}@{self._weights_digest()[:12]}/sentence-transformers"

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors, shape [len(texts), dimension]."""
        if not texts:
            return np.zeros((0, self.dimension), dtype=np.float32)
        vectors = self._model.encode(
            list(texts),
            batch_size=32 if self._model.device.type == "cpu" else 256,
            normalize_embeddings=True,
            convert_to_numpy=True,
            show_progress_bar=False,
        )
        return np.asarray(vectors, dtype=np.float32)

    def count(self, texts: Sequence[str]) -> list[int]:
        """Word pieces of each text, special tokens not counted."""
        tokenizer = self._model.tokenizer
        return [len(tokenizer(text, add_special_tokens=False)["input_ids"]) for text in texts]

    def _weights_digest(self) -> str:
        """A hash of every weight, so that two models of one name do not mix."""
        digest = hashlib.sha256()
        for name, tensor in sorted(self._model.state_dict().items()):
            digest.update(name.encode())
            digest.update(tensor.detach().cpu().float().numpy().tobytes())
        return digest.hexdigest()
