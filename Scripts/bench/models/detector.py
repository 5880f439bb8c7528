# Part of Apus, Apache-2.0.
# SPDX-License-Identifier: Apache-2.0

"""The object detector YOLOv8n for pictures of 640x640 and 80 classes, normalizations folded in."""

import numpy

from models.layers import convolution, silu

SIDE, STEPS = 640, (8, 16, 32)
CELLS = sum((SIDE // step) ** 2 for step in STEPS)


class Detector:
    """Draws the parts of the network on a canvas."""

    def __init__(self, canvas):
        self.canvas = canvas

    def block(self, x, channels, filters, size=1, stride=1):
        return silu(self.canvas, convolution(self.canvas, x, channels, filters, size, stride, bias=True))

    def stack(self, x, channels, filters, count, residual):
        """Splits the channels, and joins everything that is computed of the second half."""
        half = filters // 2
        x = self.block(x, channels, filters)
        parts = self.canvas.add("Split", x, self.canvas.integers(half, half), axis=1, outputs=2)
        for _ in range(count):
            y = self.block(self.block(parts[-1], half, half, 3), half, half, 3)
            parts.append(self.canvas.add("Add", parts[-1], y) if residual else y)
        return self.block(self.join(*parts), (2 + count) * half, filters)

    def join(self, *parts):
        return self.canvas.add("Concat", *parts, axis=1)

    def pyramid(self, x):
        """Three pools in a row, joined."""
        parts = [self.block(x, 256, 128)]
        for _ in range(3):
            parts.append(self.canvas.add("MaxPool", parts[-1], kernel_shape=[5, 5], strides=[1, 1], pads=[2] * 4))
        return self.block(self.join(*parts), 512, 256)

    def double(self, x):
        return self.canvas.add(
            "Resize", x, "", self.canvas.constant([1, 1, 2, 2]), mode="nearest", nearest_mode="floor",
            coordinate_transformation_mode="asymmetric")

    def features(self, x):
        """The feature maps at 1/8, 1/16 and 1/32 of the picture's size."""
        x = self.block(self.block(x, 3, 16, 3, 2), 16, 32, 3, 2)
        x = self.stack(x, 32, 32, 1, True)
        fine = self.stack(self.block(x, 32, 64, 3, 2), 64, 64, 2, True)
        middle = self.stack(self.block(fine, 64, 128, 3, 2), 128, 128, 2, True)
        coarse = self.pyramid(self.stack(self.block(middle, 128, 256, 3, 2), 256, 256, 1, True))
        middle = self.stack(self.join(self.double(coarse), middle), 384, 128, 1, False)
        fine = self.stack(self.join(self.double(middle), fine), 192, 64, 1, False)
        middle = self.stack(self.join(self.block(fine, 64, 64, 3, 2), middle), 192, 128, 1, False)
        coarse = self.stack(self.join(self.block(middle, 128, 128, 3, 2), coarse), 384, 256, 1, False)
        return [(fine, 64), (middle, 128), (coarse, 256)]

    def head(self, x, channels, inner, filters):
        x = self.block(self.block(x, channels, inner, 3), inner, inner, 3)
        return convolution(self.canvas, x, inner, filters, bias=True, gain=1.0)


def yolov8n(canvas, batch):
    """Backbone, neck and the heads with their boxes decoded."""
    parts = Detector(canvas)
    maps = []
    for x, channels in parts.features(canvas.take("images", [batch, 3, SIDE, SIDE])):
        x = parts.join(parts.head(x, channels, 64, 64), parts.head(x, channels, 80, 80))
        maps.append(canvas.add("Reshape", x, canvas.integers(batch, 144, -1)))
    x = canvas.add("Concat", *maps, axis=2)
    boxes, scores = canvas.add("Split", x, canvas.integers(64, 80), axis=1, outputs=2)

    # Each side of a box is the mean of a distribution over 16 distances.
    x = canvas.add("Reshape", boxes, canvas.integers(batch, 4, 16, CELLS))
    x = canvas.add("Softmax", canvas.add("Transpose", x, perm=[0, 2, 1, 3]), axis=1)
    x = canvas.add("Conv", x, canvas.weight(numpy.arange(16).reshape(1, 16, 1, 1)), kernel_shape=[1, 1])
    x = canvas.add("Reshape", x, canvas.integers(batch, 4, CELLS))
    before, after = canvas.add("Split", x, canvas.integers(2, 2), axis=1, outputs=2)
    centres, steps = grid()
    low = canvas.add("Sub", canvas.constant(centres), before)
    high = canvas.add("Add", canvas.constant(centres), after)
    middle = canvas.add("Div", canvas.add("Add", low, high), canvas.constant(2))
    box = canvas.add("Mul", parts.join(middle, canvas.add("Sub", high, low)), canvas.constant(steps))
    canvas.give(parts.join(box, canvas.add("Sigmoid", scores)), "output", [batch, 84, CELLS])


def grid():
    """The centre of every cell, in cells, and the size of each, in pixels."""
    centres, steps = [], []
    for step in STEPS:
        side = numpy.arange(SIDE // step) + 0.5
        centres.append(numpy.stack([numpy.tile(side, side.size), numpy.repeat(side, side.size)]))
        steps.append(numpy.full(side.size ** 2, step))
    return numpy.concatenate(centres, axis=1)[None], numpy.concatenate(steps)[None]
