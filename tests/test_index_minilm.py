"""The default encoder: the published weights, in int8, without torch."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import index.minilm as minilm
from index.errors import ModelError
from index.minilm import MiniLM

SENTENCES = [
    "Ukraine recaptured an oil and gas platform in the Black Sea.",
    "A Ukrainian operation retook a drilling rig.",
    "The bakery on the corner sells rye bread.",
]


@pytest.fixture(scope="module")
def encoder() -> MiniLM:
    return MiniLM.load()


def test_like_meanings_are_closer_than_unlike_ones(encoder: MiniLM) -> None:
    platform, rig, bread = encoder.encode(SENTENCES)
    assert platform @ rig > platform @ bread + 0.3


def test_vectors_have_unit_length_whatever_the_text(encoder: MiniLM) -> None:
    vectors = encoder.encode(["", " ", "x" * 5000, "war " * 2000, "Київ", "🛢️\u0000"])
    assert vectors.shape == (6, encoder.dimension)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


def test_a_vector_does_not_depend_on_its_neighbours(encoder: MiniLM) -> None:
    alone = encoder.encode([SENTENCES[0]])[0]
    among = encoder.encode([*SENTENCES[1:], "war " * 300, SENTENCES[0]])[-1]
    assert np.array_equal(alone, among)


def test_count_leaves_special_tokens_out(encoder: MiniLM) -> None:
    assert encoder.count(["", "oil", "oil and gas"]) == [0, 1, 3]


def test_int8_agrees_with_the_published_model_in_full_precision(encoder: MiniLM) -> None:
    from safetensors.numpy import load_file

    from index.bert import build
    from index.session import Session

    weights = load_file(minilm.model_folder() / "model.safetensors")
    exact = MiniLM(Session(build(weights, int8=False).SerializeToString()), minilm.load_tokenizer())
    cosines = (exact.encode(SENTENCES) * encoder.encode(SENTENCES)).sum(axis=1)
    assert cosines.min() > 0.97


def test_the_full_precision_graph_is_the_published_model() -> None:
    # In a process of its own: sentence-transformers takes long to import and warns on the way.
    code = f"""
import numpy as np, index.minilm as m
from index.bert import build
from index.session import Session
from safetensors.numpy import load_file
from sentence_transformers import SentenceTransformer
texts = {SENTENCES!r}
graph = build(load_file(m.model_folder() / "model.safetensors"), int8=False).SerializeToString()
ours = m.MiniLM(Session(graph), m.load_tokenizer()).encode(texts)
theirs = SentenceTransformer(str(m.model_folder()), device="cpu").encode(texts, normalize_embeddings=True)
assert np.abs(ours - theirs).max() < 1e-4, np.abs(ours - theirs).max()
"""
    root = Path(__file__).resolve().parent.parent
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-2000:]


def test_the_graph_is_made_once_and_a_damaged_one_is_made_again(tmp_path: Path) -> None:
    first = MiniLM.load(tmp_path).encode(SENTENCES)
    graph = next(tmp_path.glob("*.onnx"))
    whole = graph.read_bytes()
    made = graph.stat().st_mtime_ns
    MiniLM.load(tmp_path)
    assert graph.stat().st_mtime_ns == made
    graph.write_bytes(whole[: len(whole) // 2])
    assert np.array_equal(MiniLM.load(tmp_path).encode(SENTENCES), first)
    assert graph.read_bytes() == whole


def test_weights_that_are_not_the_published_ones_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "model.safetensors").write_bytes(b"not the weights")
    monkeypatch.setattr(minilm, "model_folder", lambda: tmp_path)
    with pytest.raises(ModelError, match=r"SHA-256 .* published is 53aa51172d14") as caught:
        MiniLM.load(tmp_path / "cache")
    assert "reinstall" in str(caught.value)
    assert not list((tmp_path / "cache").glob("*"))


def test_a_cache_that_cannot_be_written_costs_time_and_nothing_else(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    assert MiniLM.load(blocked / "cache").encode(SENTENCES).shape == (3, 384)
