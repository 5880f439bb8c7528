# Part of Apus, Apache-2.0.
# SPDX-License-Identifier: Apache-2.0

"""BERT encoders with normalization, GELU and attention written out as exporters do."""

import math

import numpy

from models.canvas import FLOAT, INT64
from models.layers import dense


class Encoder:
    """Draws the parts of an encoder of one width on a canvas."""

    def __init__(self, canvas, width, heads):
        self.canvas, self.width, self.heads = canvas, width, heads

    def linear(self, x, columns, rows):
        weight = self.canvas.gaussian((columns, rows), math.sqrt(1 / columns))
        return self.canvas.add("Add", self.canvas.gaussian(rows, 0.02), self.canvas.add("MatMul", x, weight))

    def normalization(self, x):
        add, constant = self.canvas.add, self.canvas.constant
        x = add("Sub", x, add("ReduceMean", x, axes=[-1]))
        variance = add("ReduceMean", add("Pow", x, constant(2)), axes=[-1])
        x = add("Div", x, add("Sqrt", add("Add", variance, constant(1e-12))))
        x = add("Mul", x, self.canvas.spread(self.width, 0.8, 1.2))
        return add("Add", x, self.canvas.gaussian(self.width, 0.1))

    def gelu(self, x):
        add, constant = self.canvas.add, self.canvas.constant
        y = add("Add", add("Erf", add("Div", x, constant(math.sqrt(2)))), constant(1))
        return add("Mul", add("Mul", x, y), constant(0.5))

    def size(self, x, axis):
        size = self.canvas.add("Gather", self.canvas.add("Shape", x), self.canvas.constant(axis, numpy.int64))
        return self.canvas.add("Unsqueeze", size, self.canvas.integers(0))

    def shaped(self, x, *last):
        """The same numbers with the last axis cut into others."""
        shape = self.canvas.add("Concat", self.size(x, 0), self.size(x, 1), self.canvas.integers(*last), axis=0)
        return self.canvas.add("Reshape", x, shape)

    def headed(self, x, order):
        x = self.shaped(self.linear(x, self.width, self.width), self.heads, self.width // self.heads)
        return self.canvas.add("Transpose", x, perm=order)

    def attention(self, x, mask):
        add = self.canvas.add
        query, key = self.headed(x, [0, 2, 1, 3]), self.headed(x, [0, 2, 3, 1])
        value = self.headed(x, [0, 2, 1, 3])
        scale = self.canvas.constant(math.sqrt(self.width // self.heads))
        scores = add("Softmax", add("Add", add("Div", add("MatMul", query, key), scale), mask), axis=-1)
        y = self.shaped(add("Transpose", add("MatMul", scores, value), perm=[0, 2, 1, 3]), self.width)
        return self.normalization(add("Add", self.linear(y, self.width, self.width), x))

    def layer(self, x, mask, inner):
        x = self.attention(x, mask)
        y = self.gelu(self.linear(x, self.width, inner))
        return self.normalization(self.canvas.add("Add", self.linear(y, inner, self.width), x))

    def embedding(self, tokens, kinds):
        add = self.canvas.add
        words, types, places = (self.canvas.gaussian((rows, self.width), 0.05) for rows in (30522, 2, 512))
        steps = self.canvas.weight(numpy.arange(512)[None], numpy.int64)
        axes = self.canvas.integers(1)
        steps = add("Slice", steps, self.canvas.integers(0), self.size(tokens, 1), axes, axes)
        x = add("Add", add("Gather", words, tokens), add("Gather", types, kinds))
        return self.normalization(add("Add", x, add("Gather", places, steps)))


def encoder(canvas, layers, width, heads, inner):
    """A whole encoder with batch and length left open; the name of its last layer's output."""
    parts = Encoder(canvas, width, heads)
    tokens, mask, kinds = (
        canvas.take(name, ["batch", "length"], INT64) for name in ("input_ids", "attention_mask", "token_type_ids"))
    for axis in (1, 2):
        mask = canvas.add("Unsqueeze", mask, canvas.integers(axis))
    mask = canvas.add("Sub", canvas.constant(1), canvas.add("Cast", mask, to=FLOAT))
    mask = canvas.add("Mul", mask, canvas.constant(numpy.finfo(numpy.float32).min))
    x = parts.embedding(tokens, kinds)
    for _ in range(layers):
        x = parts.layer(x, mask, inner)
    return x


def minilm_l6(canvas, batch):
    """Six layers of 384 numbers."""
    canvas.give(encoder(canvas, 6, 384, 12, 1536), "last_hidden_state", ["batch", "length", 384])


def bert_base(canvas, batch):
    """Twelve layers of 768 numbers, and a pooled output."""
    x = encoder(canvas, 12, 768, 12, 3072)
    first = canvas.add("Gather", x, canvas.constant(0, numpy.int64), axis=1)
    pooled = canvas.add("Tanh", dense(canvas, first, 768, 768))
    canvas.give(x, "last_hidden_state", ["batch", "length", 768])
    canvas.give(pooled, "pooler_output", ["batch", 768])
