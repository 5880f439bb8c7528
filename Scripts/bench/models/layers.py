# Part of Apus, Apache-2.0.
# SPDX-License-Identifier: Apache-2.0

"""Layers that several networks share."""

import math


def convolution(canvas, x, channels, filters, size=1, stride=1, groups=1, bias=False, gain=2.0, padding=None):
    """A square convolution that keeps the image's size where the stride is 1."""
    depth = channels // groups * size * size
    inputs = [x, canvas.gaussian((filters, channels // groups, size, size), math.sqrt(gain / depth))]
    if bias:
        inputs.append(canvas.gaussian(filters, 0.05))
    padding = size // 2 if padding is None else padding
    return canvas.add(
        "Conv", *inputs, kernel_shape=[size, size], strides=[stride, stride], pads=[padding] * 4, group=groups,
        dilations=[1, 1])


def normalization(canvas, x, channels, strength=1.0):
    """Batch normalization with statistics like those of a trained network."""
    return canvas.add(
        "BatchNormalization", x, canvas.spread(channels, 0.7 * strength, 1.3 * strength),
        canvas.gaussian(channels, 0.1), canvas.gaussian(channels, 0.2), canvas.spread(channels, 0.7, 1.5), epsilon=1e-5)


def normalized(canvas, x, channels, filters, size=1, stride=1, groups=1, activation=None, strength=1.0, gain=2.0):
    """A convolution, its normalization and an activation."""
    x = convolution(canvas, x, channels, filters, size, stride, groups, gain=gain)
    x = normalization(canvas, x, filters, strength)
    return activation(canvas, x) if activation else x


def relu(canvas, x):
    """What is above zero."""
    return canvas.add("Relu", x)


def relu6(canvas, x):
    """What is above zero, 6 at most."""
    return canvas.add("Clip", x, canvas.constant(0), canvas.constant(6))


def silu(canvas, x):
    """x times its sigmoid."""
    return canvas.add("Mul", x, canvas.add("Sigmoid", x))


def dense(canvas, x, columns, rows, gain=1.0):
    """A fully connected layer with its weights transposed, as exporters write it."""
    return canvas.add(
        "Gemm", x, canvas.gaussian((rows, columns), math.sqrt(gain / columns)), canvas.gaussian(rows, 0.02), transB=1)


def classifier(canvas, x, channels, classes=1000):
    """The mean of each channel and a fully connected layer."""
    return dense(canvas, canvas.add("Flatten", canvas.add("GlobalAveragePool", x)), channels, classes)
