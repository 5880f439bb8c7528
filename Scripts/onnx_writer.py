# Part of Apus, Apache-2.0.
# SPDX-License-Identifier: Apache-2.0

"""Writes ONNX models with nothing but Python's own library: just the messages a plain graph needs."""

import math
import struct

FLOAT = 1


def varint(number):
    """A number as a protocol-buffer varint."""
    parts = bytearray()
    while number > 0x7F:
        parts.append(number & 0x7F | 0x80)
        number >>= 7
    parts.append(number)
    return bytes(parts)


def number(field, value):
    """A field that holds a whole number."""
    return varint(field << 3) + varint(value)


def block(field, contents):
    """A field that holds bytes, a text or a message."""
    contents = contents.encode() if isinstance(contents, str) else contents
    return varint(field << 3 | 2) + varint(len(contents)) + contents


class Graph:
    """Nodes and weights in the order they are added."""

    def __init__(self, name):
        self.name, self.nodes, self.weights, self.count = name, [], [], 0

    def weight(self, name, shape, data):
        """Adds a tensor of 32-bit floats, given as little-endian bytes; returns its name."""
        assert len(data) == 4 * math.prod(shape), name
        dimensions = b"".join(number(1, size) for size in shape)
        self.weights.append(dimensions + number(2, FLOAT) + block(8, name) + block(9, data))
        return name

    def scalar(self, name, value):
        """Adds a float without dimensions; returns its name."""
        return self.weight(name, [], struct.pack("<f", value))

    def node(self, operator, inputs, output=None, **attributes):
        """Adds a node; returns the name of its one output."""
        self.count += 1
        output = output or f"{operator}_{self.count}"
        message = b"".join(block(1, name) for name in inputs) + block(2, output)
        message += block(3, f"{operator}_{self.count}") + block(4, operator)
        for name, value in sorted(attributes.items()):
            message += block(5, block(1, name) + attribute(value))
        self.nodes.append(message)
        return output

    def model(self, inputs, outputs, opset, ir, producer):
        """The bytes of the model; inputs and outputs are (name, sizes), a size being a number or a name."""
        graph = b"".join(block(1, node) for node in self.nodes) + block(2, self.name)
        graph += b"".join(block(5, weight) for weight in self.weights)
        graph += b"".join(block(11, value(*one)) for one in inputs)
        graph += b"".join(block(12, value(*one)) for one in outputs)
        return number(1, ir) + block(2, producer) + block(7, graph) + block(8, block(1, "") + number(2, opset))


def attribute(setting):
    """The value and the kind of an attribute: a whole number, a float or whole numbers."""
    if isinstance(setting, int):
        return number(3, setting) + number(20, 2)
    if isinstance(setting, float):
        return varint(2 << 3 | 5) + struct.pack("<f", setting) + number(20, 1)
    return b"".join(number(8, one) for one in setting) + number(20, 7)


def value(name, sizes, kind=FLOAT):
    """A value with its shape; its elements are 32-bit floats unless another of ONNX's numbers says otherwise."""
    shape = b"".join(block(1, number(1, one) if isinstance(one, int) else block(2, one)) for one in sizes)
    return block(1, name) + block(2, block(1, number(1, kind) + block(2, shape)))
