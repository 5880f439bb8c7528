# Part of Apus, Apache-2.0.
# SPDX-License-Identifier: Apache-2.0

"""Small networks: three dense layers, two recurrent ones, and a model that does nothing."""

import math

import numpy

from models.layers import dense, relu


def mlp(canvas, batch):
    """784 - 512 - 512 - 10."""
    x = relu(canvas, dense(canvas, canvas.take("input", ["batch", 784]), 784, 512, gain=2.0))
    x = relu(canvas, dense(canvas, x, 512, 512, gain=2.0))
    canvas.give(dense(canvas, x, 512, 10), "output", ["batch", 10])


def recurrent(canvas, operator, gates, states, batch, **attributes):
    """Two layers of 256 cells over 100 steps of 128 numbers, and a dense layer at every step."""
    x = canvas.add("Transpose", canvas.take("input", [batch, 100, 128]), perm=[1, 0, 2])
    for columns in (128, 256):
        bound = 1 / math.sqrt(256)
        weights = [canvas.spread((1, gates * 256, size), -bound, bound) for size in (columns, 256)]
        bias = canvas.spread((1, 2 * gates * 256), -bound, bound)
        starts = [canvas.weight(numpy.zeros((1, batch, 256))) for _ in range(states)]
        x = canvas.add(operator, x, *weights, bias, "", *starts, outputs=1 + states, hidden_size=256, **attributes)[0]
        x = canvas.add("Squeeze", x, canvas.integers(1))
    x = canvas.add("MatMul", canvas.add("Transpose", x, perm=[1, 0, 2]), canvas.gaussian((256, 40), 1 / 16))
    canvas.give(canvas.add("Add", canvas.gaussian(40, 0.02), x), "output", [batch, 100, 40])


def lstm(canvas, batch):
    """Four gates, two states."""
    recurrent(canvas, "LSTM", 4, 2, batch)


def gru(canvas, batch):
    """Three gates, one state."""
    recurrent(canvas, "GRU", 3, 1, batch, linear_before_reset=1)


def noop(canvas, batch):
    """One Relu of ten numbers: what remains is the cost of a call."""
    canvas.give(relu(canvas, canvas.take("input", [batch, 10])), "output", [batch, 10])
