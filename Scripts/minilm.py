#!/usr/bin/env python3
# Part of Apus, Apache-2.0.
# SPDX-License-Identifier: Apache-2.0

"""Makes the ONNX model of all-MiniLM-L6-v2 in 32-bit floats from its published weights.

    minilm.py WEIGHTS.safetensors CONFIG.json MODEL.onnx

It takes input_ids, attention_mask and token_type_ids, each i64[B, S], and gives last_hidden_state f32[B, S, 384] and
sentence_embedding f32[B, 384], the mean over the tokens that the mask lets through, of length 1.
"""

import json
import sys

import numpy
from onnx import TensorProto, checker, helper, numpy_helper, save

MASKED = -1e9


def read_weights(path):
    """The arrays of a safetensors file by name."""
    with open(path, "rb") as file:
        header = json.loads(file.read(int.from_bytes(file.read(8), "little")))
        data = file.read()
    header.pop("__metadata__", None)
    kinds = {"F32": numpy.float32, "I64": numpy.int64}
    return {
        name: numpy.frombuffer(data[slice(*one["data_offsets"])], kinds[one["dtype"]]).reshape(one["shape"])
        for name, one in header.items()
    }


class Builder:
    """The nodes and weights so far."""

    def __init__(self, weights, config):
        self.weights, self.config = weights, config
        self.nodes, self.constants = [], {}

    def constant(self, name, value, kind=numpy.float32):
        if name not in self.constants:
            self.constants[name] = numpy_helper.from_array(numpy.array(value, kind, order="C"), name)
        return name

    def weight(self, name, is_transposed=False):
        value = self.weights[name]
        return self.constant(name, value.T if is_transposed else value)

    def node(self, operator, *inputs, output=None, **attributes):
        output = output or f"{operator}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, inputs, [output], name=output, **attributes))
        return output

    def linear(self, value, name):
        product = self.node("MatMul", value, self.weight(name + ".weight", is_transposed=True))
        return self.node("Add", product, self.weight(name + ".bias"))

    def normalize(self, value, name):
        return self.node(
            "LayerNormalization", value, self.weight(name + ".weight"), self.weight(name + ".bias"),
            axis=-1, epsilon=self.config["layer_norm_eps"])

    def embed(self):
        """Word, position and token type, added and normalized."""
        place = "embeddings."
        words = self.node("Gather", self.weight(place + "word_embeddings.weight"), "input_ids")
        kinds = self.node("Gather", self.weight(place + "token_type_embeddings.weight"), "token_type_ids")
        length = self.node("Shape", "input_ids", start=1, end=2)
        zero, one = self.constant("zero", [0], numpy.int64), self.constant("one", [1], numpy.int64)
        positions = self.node("Slice", self.weight(place + "position_embeddings.weight"), zero, length, zero, one)
        return self.normalize(self.node("Add", self.node("Add", words, kinds), positions), place + "LayerNorm")

    def gelu(self, value):
        """x / 2 * (1 + erf(x / sqrt 2))."""
        erf = self.node("Erf", self.node("Div", value, self.constant("root-of-two", numpy.sqrt(2))))
        share = self.node("Add", erf, self.constant("unit", 1))
        return self.node("Mul", self.node("Mul", value, share), self.constant("half", 0.5))

    def attend(self, value, name, bias):
        """Attention of all heads and the sum with its input, normalized."""
        heads = self.config["num_attention_heads"]
        side = self.config["hidden_size"] // heads
        split = self.constant("split", [0, 0, heads, side], numpy.int64)
        joined = self.constant("joined", [0, 0, heads * side], numpy.int64)
        parts = {}
        for part, order in (("query", [0, 2, 1, 3]), ("key", [0, 2, 3, 1]), ("value", [0, 2, 1, 3])):
            rows = self.node("Reshape", self.linear(value, f"{name}.self.{part}"), split)
            parts[part] = self.node("Transpose", rows, perm=order)
        scores = self.node("MatMul", parts["query"], parts["key"])
        scores = self.node("Div", scores, self.constant("root-of-side", numpy.sqrt(side)))
        shares = self.node("Softmax", self.node("Add", scores, bias), axis=-1)
        mixed = self.node("Transpose", self.node("MatMul", shares, parts["value"]), perm=[0, 2, 1, 3])
        made = self.linear(self.node("Reshape", mixed, joined), name + ".output.dense")
        return self.normalize(self.node("Add", made, value), name + ".output.LayerNorm")

    def layer(self, value, name, bias):
        value = self.attend(value, name + ".attention", bias)
        wide = self.gelu(self.linear(value, name + ".intermediate.dense"))
        return self.normalize(
            self.node("Add", self.linear(wide, name + ".output.dense"), value), name + ".output.LayerNorm")

    def pool(self, value, mask):
        """The mean of the tokens that count, of length 1."""
        second = self.constant("one", [1], numpy.int64)
        column = self.node("Unsqueeze", mask, self.constant("last", [-1], numpy.int64))
        total = self.node("ReduceSum", self.node("Mul", value, column), second, keepdims=0)
        mean = self.node("Div", total, self.node("ReduceSum", column, second, keepdims=0))
        self.node("Div", mean, self.node("ReduceL2", mean, second, keepdims=1), output="sentence_embedding")


def build(weights, config):
    """The model."""
    builder = Builder(weights, config)
    mask = builder.node("Cast", "attention_mask", to=TensorProto.FLOAT)
    spread = builder.node("Unsqueeze", mask, builder.constant("middle", [1, 2], numpy.int64))
    hidden = builder.node("Sub", builder.constant("unit", 1), spread)
    bias = builder.node("Mul", hidden, builder.constant("masked", MASKED))
    value = builder.embed()
    for index in range(config["num_hidden_layers"]):
        value = builder.layer(value, f"encoder.layer.{index}", bias)
    builder.node("Identity", value, output="last_hidden_state")
    builder.pool(value, mask)
    names = ("input_ids", "attention_mask", "token_type_ids")
    width = config["hidden_size"]
    graph = helper.make_graph(
        builder.nodes, "all-MiniLM-L6-v2",
        [helper.make_tensor_value_info(name, TensorProto.INT64, ["B", "S"]) for name in names],
        [helper.make_tensor_value_info("last_hidden_state", TensorProto.FLOAT, ["B", "S", width]),
         helper.make_tensor_value_info("sentence_embedding", TensorProto.FLOAT, ["B", width])],
        list(builder.constants.values()))
    return helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8, producer_name="apus-scripts")


if __name__ == "__main__":
    with open(sys.argv[2], encoding="utf-8") as settings:
        model = build(read_weights(sys.argv[1]), json.load(settings))
    checker.check_model(model, full_check=True)
    save(model, sys.argv[3])
