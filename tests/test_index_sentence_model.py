"""Any sentence-transformers model: a small one is made here, saved, and loaded by its path."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

MAKE_AND_USE = """
import sys, warnings
import numpy as np, torch
from pathlib import Path
from sentence_transformers import SentenceTransformer
from sentence_transformers.models import Pooling, Transformer
from transformers import BertConfig, BertModel, BertTokenizerFast
from index.minilm import model_folder
folder = Path(sys.argv[1])
torch.manual_seed(0)
config = BertConfig(hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32)
BertModel(config).save_pretrained(folder / "bert")
BertTokenizerFast(vocab_file=str(model_folder() / "vocab.txt")).save_pretrained(folder / "bert")
bert = Transformer(str(folder / "bert"))
SentenceTransformer(modules=[bert, Pooling(16)], device="cpu").save(str(folder / "tiny"))

from index import Archive, Article
from index.encoder import load_encoder
from index.errors import ArchiveMismatch, ModelError
encoder = load_encoder(str(folder / "tiny"))
vectors = encoder.encode(["Rain fell on Kyiv.", ""])
assert vectors.shape == (2, encoder.dimension) == (2, 16), vectors.shape
assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-4)
assert encoder.count(["oil and gas"]) == [3]
assert load_encoder(str(folder / "tiny")).fingerprint == encoder.fingerprint
with Archive.open(folder / "archive", model=str(folder / "tiny")) as archive:
    archive.add([Article(text="Rain fell on Kyiv.", id="rain")])
    assert archive.search("rain in Kyiv")[0].passage.article_id == "rain"
try:
    with Archive.open(folder / "archive") as archive:
        archive.search("rain")
except ArchiveMismatch as error:
    assert "tiny" in str(error), error
else:
    raise AssertionError("an archive of another model was opened")
try:
    load_encoder(str(folder / "nowhere"))
except ModelError as error:
    assert "nowhere" in str(error) and "\\n" not in str(error), error
else:
    raise AssertionError("a model that is not there was loaded")
print("all good")
"""


def test_a_model_by_path_encodes_counts_and_keeps_its_archive_apart(tmp_path: Path) -> None:
    # In a process of its own: the import is slow, and its warnings are not ours to fix.
    root = Path(__file__).resolve().parent.parent
    done = subprocess.run(
        [sys.executable, "-c", MAKE_AND_USE, str(tmp_path)],
        cwd=root,
        env={"HF_HUB_OFFLINE": "1", "PATH": "", "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert "all good" in done.stdout, done.stderr[-3000:]
