"""A BERT encoder as an int8 ONNX graph, built straight from its published weights.

No framework takes part: the graph is written operator by operator, so the default install can make
and run its models without importing torch. Sequences go through one at a time. That wastes nothing
on padding, needs no attention mask, and makes a text's result independent of its neighbours, which
dynamic quantisation over a batch would not.

Matrices are quantised to symmetric int8 per output column (weights) and per sequence (activations),
the scheme of Jacob et al., CVPR 2018. Processors without VNNI add pairs of products in 16 bits, which
full-range weights overflow now and then; these keep below that nearly always (eval/LOG.md).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import onnx

Tensors = Mapping[str, NDArray[Any]]

HEADS = 12
LAYER_NORM_EPSILON = 1e-12
LEVELS = 95
"""Largest magnitude of a signed 8-bit weight: seldom overflows the 16 bits in which older processors add two
products (eval/LOG.md)."""


def build(tensors: Tensors, *, span_head: bool = False, int8: bool = True) -> onnx.ModelProto:
    """The graph of a BERT with ``tensors`` named as transformers' ``BertModel`` names them.

    Inputs ``ids`` and, with ``span_head``, ``types``: int64, shape [1, tokens]. Output ``vector``,
    float32 [1, width], the mean of the token states at unit length; or, with ``span_head``,
    ``logits``, float32 [tokens, 2], from ``span.weight`` and ``span.bias``: how well an answer starts
    and ends at each token.
    """
    return _Graph(tensors, int8, span_head=span_head).build()


class _Graph:
    """Collects nodes and weights; methods take and return names of tensors in the graph."""

    def __init__(self, tensors: Tensors, int8: bool, *, span_head: bool = False) -> None:
        self.tensors = tensors
        self.int8 = int8
        self.span_head = span_head
        # By its tanh, as in the paper's own code: 6% faster in all, and further from neither fp32 nor int8.
        self.gelu = "FastGelu" if int8 and not span_head else "Gelu"
        self.nodes: list[onnx.NodeProto] = []
        self.weights: list[onnx.TensorProto] = []
        self.width = tensors["embeddings.LayerNorm.weight"].shape[0]

    def build(self) -> onnx.ModelProto:
        from onnx import TensorProto, helper

        span_head = self.span_head
        state = self._embed(typed=span_head)
        layers = {name.split(".")[2] for name in self.tensors if name.startswith("encoder.layer.")}
        for number in range(len(layers)):
            state = self._layer(state, f"encoder.layer.{number}.")
        inputs = [helper.make_tensor_value_info("ids", TensorProto.INT64, [1, "tokens"])]
        if span_head:
            inputs.append(helper.make_tensor_value_info("types", TensorProto.INT64, [1, "tokens"]))
            head = self._constant("span.weight.T", self._float("span.weight").T.copy())
            logits = self._node("Gemm", state, head, self._weight("span.bias"))
            output = self._rename(logits, "logits", ["tokens", 2])
        else:
            mean = self._node("ReduceMean", state, self._constant("axis0", np.array([0])), keepdims=1)
            unit = self._node("LpNormalization", mean, axis=1, p=2)
            output = self._rename(unit, "vector", [1, self.width])
        graph = helper.make_graph(self.nodes, "bert", inputs, [output], self.weights)
        opsets = [helper.make_opsetid("", 20), helper.make_opsetid("com.microsoft", 1)]
        return helper.make_model(graph, opset_imports=opsets, ir_version=10, producer_name="citedesk")

    def _embed(self, *, typed: bool) -> str:
        ids = self._node("Squeeze", "ids", self._constant("axis0", np.array([0])))
        words = self._lookup("embeddings.word_embeddings.weight", ids)
        length = self._node("Shape", ids)
        positions = self._node(
            "Slice",
            self._weight("embeddings.position_embeddings.weight"),
            self._constant("begin", np.array([0])),
            length,
        )
        table = "embeddings.token_type_embeddings.weight"
        if typed:
            flat = self._node("Squeeze", "types", self._constant("axis0", np.array([0])))
            kinds = self._node("Gather", self._weight(table), flat)
        else:
            kinds = self._constant("type0", self._float(table)[0])
        summed = self._node("Add", self._node("Add", words, positions), kinds)
        return self._layer_norm(summed, "embeddings.LayerNorm.")

    def _layer(self, state: str, prefix: str) -> str:
        attention = prefix + "attention.self."
        context = self._attend(state, attention)
        dense = prefix + "attention.output."
        projected = self._linear(context, *self._dense(dense + "dense."), name=dense)
        state = self._layer_norm(self._node("Add", projected, state), dense + "LayerNorm.")
        up = self._linear(state, *self._dense(prefix + "intermediate.dense."), name=prefix + "up")
        active = self._node(self.gelu, up, domain="com.microsoft")
        down = self._linear(active, *self._dense(prefix + "output.dense."), name=prefix + "down")
        return self._layer_norm(self._node("Add", down, state), prefix + "output.LayerNorm.")

    def _attend(self, state: str, prefix: str) -> str:
        """Multi-head attention with one fused product for queries, keys and values."""
        per_head = self.width // HEADS
        scale = np.float32(per_head**-0.5)
        parts = [self._dense(f"{prefix}{part}.") for part in ("query", "key", "value")]
        parts[0] = (parts[0][0] * scale, parts[0][1] * scale)
        weight = np.concatenate([w for w, _ in parts], axis=1)
        bias = np.concatenate([b for _, b in parts])
        mixed = self._linear(state, weight, bias, name=prefix + "qkv")
        shape = self._constant("heads", np.array([-1, 3, HEADS, per_head]))
        heads = self._node("Transpose", self._node("Reshape", mixed, shape), perm=[1, 2, 0, 3])
        picks = [self._constant(f"pick{i}", np.array(i)) for i in range(3)]
        query, key, value = (self._node("Gather", heads, pick, axis=0) for pick in picks)
        scores = self._node("MatMul", query, self._node("Transpose", key, perm=[0, 2, 1]))
        mixed = self._node("MatMul", self._node("Softmax", scores, axis=-1), value)
        flat = self._constant("flat", np.array([-1, self.width]))
        return self._node("Reshape", self._node("Transpose", mixed, perm=[1, 0, 2]), flat)

    def _linear(
        self, state: str, weight: NDArray[np.float32], bias: NDArray[np.float32], *, name: str
    ) -> str:
        if not self.int8:
            return self._node(
                "Add",
                self._node("MatMul", state, self._constant(name + "w", weight)),
                self._constant(name + "b", bias),
            )
        scale = np.maximum(np.abs(weight).max(axis=0), 1e-8) / LEVELS
        rounded = np.rint(weight / scale).astype(np.int8)
        return self._node(
            "DynamicQuantizeMatMul",
            state,
            self._constant(name + "w", rounded),
            self._constant(name + "s", scale.astype(np.float32)),
            self._constant("zero", np.zeros((), np.int8)),
            self._constant(name + "b", bias),
            domain="com.microsoft",
        )

    def _lookup(self, table: str, ids: str) -> str:
        """Rows of an embedding table, kept as int8 with one scale a row."""
        if not self.int8:
            return self._node("Gather", self._weight(table), ids)
        rows = self._float(table)
        scale = np.maximum(np.abs(rows).max(axis=1, keepdims=True), 1e-8) / 127
        rounded = self._constant(table + "q", np.rint(rows / scale).astype(np.int8))
        picked = self._node("Cast", self._node("Gather", rounded, ids), to=1)
        factor = self._node("Gather", self._constant(table + "s", scale.astype(np.float32)), ids)
        return self._node("Mul", picked, factor)

    def _layer_norm(self, state: str, prefix: str) -> str:
        gain, bias = self._weight(prefix + "weight"), self._weight(prefix + "bias")
        return self._node("LayerNormalization", state, gain, bias, axis=-1, epsilon=LAYER_NORM_EPSILON)

    def _dense(self, prefix: str) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        return self._float(prefix + "weight").T.copy(), self._float(prefix + "bias")

    def _float(self, name: str) -> NDArray[np.float32]:
        return self.tensors[name].astype(np.float32)

    def _weight(self, name: str) -> str:
        return self._constant(name, self._float(name))

    def _constant(self, name: str, value: NDArray[Any]) -> str:
        from onnx import numpy_helper

        if all(known.name != name for known in self.weights):
            self.weights.append(numpy_helper.from_array(value, name))
        return name

    def _node(self, kind: str, *inputs: str, domain: str = "", **attributes: Any) -> str:
        from onnx import helper

        output = f"{kind}{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, inputs, [output], domain=domain, **attributes))
        return output

    def _rename(self, name: str, public: str, shape: list[int | str]) -> onnx.ValueInfoProto:
        from onnx import TensorProto, helper

        self.nodes.append(helper.make_node("Identity", [name], [public]))
        return helper.make_tensor_value_info(public, TensorProto.FLOAT, shape)
