#!/usr/bin/env python3
# Part of Apus, Apache-2.0.
# SPDX-License-Identifier: Apache-2.0

"""Makes the ONNX model of EfficientNet-Lite0 from its published weights.

    efficientnet_lite0.py WEIGHTS.pth MODEL.onnx

The network takes f32[N, 3, 224, 224] with (RGB - 127) / 128 and gives the logits of ImageNet's 1000 classes.
"""

import sys

import onnx_writer
import state_dict

SIDE = 224
# Each row: blocks, kernel side, stride of the first block, channels inside per channel outside, channels made.
STAGES = [
    (1, 3, 1, 1, 16), (2, 3, 2, 6, 24), (2, 5, 2, 6, 40), (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112), (4, 5, 2, 6, 192), (1, 3, 1, 6, 320),
]


class Network:
    """The network as far as it is built: the value it ends in, its side and its channels."""

    def __init__(self, weights):
        self.weights, self.graph = weights, onnx_writer.Graph("efficientnet-lite0")
        self.bounds = [self.graph.scalar("zero", 0.0), self.graph.scalar("six", 6.0)]
        self.value, self.side, self.channels = "input", SIDE, 3

    def weight(self, name):
        tensor = self.weights[name]
        return self.graph.weight(name, tensor.shape, tensor.data)

    def convolve(self, layer, norm, stride=1, is_depthwise=False, is_bounded=True):
        """A convolution with TensorFlow's "same" padding, its normalization, and the bounds 0 and 6."""
        made, _, side, _ = self.weights[layer + ".weight"].shape
        self.side, before = -(-self.side // stride), self.side
        padding = max((self.side - 1) * stride + side - before, 0)
        pads = [padding // 2] * 2 + [padding - padding // 2] * 2
        value = self.graph.node(
            "Conv", [self.value, self.weight(layer + ".weight")], kernel_shape=[side, side], strides=[stride, stride],
            pads=pads, group=made if is_depthwise else 1)
        parts = [self.weight(f"{norm}.{part}") for part in ("weight", "bias", "running_mean", "running_var")]
        value = self.graph.node("BatchNormalization", [value] + parts, epsilon=1e-3)
        self.value = self.graph.node("Clip", [value] + self.bounds) if is_bounded else value
        self.channels = made

    def block(self, name, stride, widening, made):
        """Widen, filter each channel, narrow; add the input where the shapes allow it."""
        start, can_add = self.value, stride == 1 and self.channels == made
        if widening > 1:
            self.convolve(name + "._expand_conv", name + "._bn0")
        self.convolve(name + "._depthwise_conv", name + "._bn1", stride, is_depthwise=True)
        self.convolve(name + "._project_conv", name + "._bn2", is_bounded=False)
        if can_add:
            self.value = self.graph.node("Add", [self.value, start])


def build(weights):
    """The bytes of the model."""
    network = Network(weights)
    network.convolve("_conv_stem", "_bn0", stride=2)
    count = 0
    for blocks, _, stride, widening, made in STAGES:
        for index in range(blocks):
            network.block(f"_blocks.{count}", stride if index == 0 else 1, widening, made)
            count += 1
    network.convolve("_conv_head", "_bn1")
    graph = network.graph
    pooled = graph.node("Flatten", [graph.node("GlobalAveragePool", [network.value])], axis=1)
    graph.node("Gemm", [pooled, network.weight("_fc.weight"), network.weight("_fc.bias")], "logits", transB=1)
    return graph.model(
        [("input", ["N", 3, SIDE, SIDE])], [("logits", ["N", 1000])], opset=17, ir=8, producer="apus-scripts")


if __name__ == "__main__":
    with open(sys.argv[2], "wb") as file:
        file.write(build(state_dict.read(sys.argv[1])))
