# Part of Apus, Apache-2.0.
# SPDX-License-Identifier: Apache-2.0

"""Networks that classify pictures."""

from models.layers import classifier, convolution, normalized, relu, relu6, silu


def mobilenet_v2(canvas, batch):
    """Inverted residuals (Sandler et al. 2018), width 1."""
    x = canvas.take("input", [batch, 3, 224, 224])
    x = normalized(canvas, x, 3, 32, 3, 2, activation=relu6)
    channels = 32
    for widen, filters, count, first in [
            (1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1)]:
        for stride in [first] + [1] * (count - 1):
            inner, y = channels * widen, x
            if widen > 1:
                y = normalized(canvas, y, channels, inner, activation=relu6)
            y = normalized(canvas, y, inner, inner, 3, stride, groups=inner, activation=relu6)
            y = normalized(canvas, y, inner, filters, gain=1.0)
            x = canvas.add("Add", x, y) if stride == 1 and channels == filters else y
            channels = filters
    x = normalized(canvas, x, 320, 1280, activation=relu6)
    canvas.give(classifier(canvas, x, 1280), "output", [batch, 1000])


def resnet50(canvas, batch):
    """Bottleneck residuals (He et al. 2015) with the stride in the 3x3 convolutions."""
    x = normalized(canvas, canvas.take("input", [batch, 3, 224, 224]), 3, 64, 7, 2, activation=relu)
    x = canvas.add("MaxPool", x, kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1])
    channels = 64
    for inner, count, first in [(64, 3, 1), (128, 4, 2), (256, 6, 2), (512, 3, 2)]:
        for index in range(count):
            stride, filters = first if index == 0 else 1, 4 * inner
            y = normalized(canvas, x, channels, inner, activation=relu)
            y = normalized(canvas, y, inner, inner, 3, stride, activation=relu)
            y = normalized(canvas, y, inner, filters, strength=0.3)
            if index == 0:
                x = normalized(canvas, x, channels, filters, 1, stride, gain=1.0)
            x = relu(canvas, canvas.add("Add", y, x))
            channels = filters
    canvas.give(classifier(canvas, x, 2048), "output", [batch, 1000])


def squeezenet1_1(canvas, batch):
    """Fire modules (Iandola et al. 2016), version 1.1."""
    def filtered(x, channels, filters, size=1, stride=1, padding=None):
        return relu(canvas, convolution(canvas, x, channels, filters, size, stride, bias=True, padding=padding))

    def pooled(x):
        return canvas.add("MaxPool", x, kernel_shape=[3, 3], strides=[2, 2], ceil_mode=1)

    x = pooled(filtered(canvas.take("input", [batch, 3, 224, 224]), 3, 64, 3, 2, padding=0))
    channels = 64
    for index, (squeeze, expand) in enumerate(
            [(16, 64), (16, 64), (32, 128), (32, 128), (48, 192), (48, 192), (64, 256), (64, 256)]):
        if index in (2, 4):
            x = pooled(x)
        x = filtered(x, channels, squeeze)
        x = canvas.add("Concat", filtered(x, squeeze, expand), filtered(x, squeeze, expand, 3), axis=1)
        channels = 2 * expand
    x = canvas.add("GlobalAveragePool", filtered(x, channels, 1000))
    canvas.give(canvas.add("Flatten", x), "output", [batch, 1000])


def efficientnet_b0(canvas, batch):
    """Inverted residuals with squeeze and excitation (Tan and Le 2019)."""
    def excited(x, inner, squeeze):
        y = canvas.add("GlobalAveragePool", x)
        y = silu(canvas, convolution(canvas, y, inner, squeeze, bias=True))
        y = convolution(canvas, y, squeeze, inner, bias=True, gain=1.0)
        return canvas.add("Mul", canvas.add("Sigmoid", y), x)

    x = normalized(canvas, canvas.take("input", [batch, 3, 224, 224]), 3, 32, 3, 2, activation=silu)
    channels = 32
    for widen, size, first, filters, count in [
            (1, 3, 1, 16, 1), (6, 3, 2, 24, 2), (6, 5, 2, 40, 2), (6, 3, 2, 80, 3), (6, 5, 1, 112, 3),
            (6, 5, 2, 192, 4), (6, 3, 1, 320, 1)]:
        for stride in [first] + [1] * (count - 1):
            inner, y = channels * widen, x
            if widen > 1:
                y = normalized(canvas, y, channels, inner, activation=silu)
            y = normalized(canvas, y, inner, inner, size, stride, groups=inner, activation=silu)
            y = normalized(canvas, excited(y, inner, channels // 4), inner, filters)
            x = canvas.add("Add", y, x) if stride == 1 and channels == filters else y
            channels = filters
    x = normalized(canvas, x, 320, 1280, activation=silu)
    canvas.give(classifier(canvas, x, 1280), "output", [batch, 1000])
