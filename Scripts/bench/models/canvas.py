# Part of Apus, Apache-2.0.
# SPDX-License-Identifier: Apache-2.0

"""Draws ONNX graphs with weights made up from a fixed seed."""

import zlib

import numpy
import onnx
from onnx import helper, numpy_helper

FLOAT, INT64 = onnx.TensorProto.FLOAT, onnx.TensorProto.INT64


class Canvas:
    """A graph that grows node by node; every method gives back the name of what it added."""

    def __init__(self, name):
        self.name = name
        self.random = numpy.random.default_rng(zlib.crc32(name.encode()))
        self.nodes, self.weights, self.takes, self.gives = [], [], [], []

    def add(self, operator, *inputs, outputs=1, **attributes):
        """Adds a node; one with several outputs gives a list of names."""
        label = f"{operator}_{len(self.nodes)}"
        names = [label] if outputs == 1 else [f"{label}_{index}" for index in range(outputs)]
        self.nodes.append(helper.make_node(operator, inputs, names, name=label, **attributes))
        return label if outputs == 1 else names

    def constant(self, values, kind=numpy.float32):
        """Adds a small tensor the way exporters do, as a node."""
        return self.add("Constant", value=numpy_helper.from_array(numpy.array(values, kind)))

    def integers(self, *values):
        """Adds a list of integers, such as a shape."""
        return self.constant(values, numpy.int64)

    def weight(self, values, kind=numpy.float32):
        """Adds a tensor of the model's file."""
        name = f"weight_{len(self.weights)}"
        self.weights.append(numpy_helper.from_array(numpy.ascontiguousarray(values, kind), name))
        return name

    def gaussian(self, shape, deviation):
        """Adds weights around zero."""
        return self.weight(self.random.normal(0, deviation, shape))

    def spread(self, shape, low, high):
        """Adds weights evenly spread between two numbers."""
        return self.weight(self.random.uniform(low, high, shape))

    def take(self, name, shape, kind=FLOAT):
        """Declares an input."""
        self.takes.append(helper.make_tensor_value_info(name, kind, shape))
        return name

    def give(self, value, name, shape):
        """Declares an output, under a name of its own."""
        for node in self.nodes:
            node.input[:] = [name if each == value else each for each in node.input]
            node.output[:] = [name if each == value else each for each in node.output]
        self.gives.append(helper.make_tensor_value_info(name, FLOAT, shape))

    def model(self):
        """The finished model, checked."""
        graph = helper.make_graph(self.nodes, self.name, self.takes, self.gives, self.weights)
        model = helper.make_model(
            graph, ir_version=8, opset_imports=[helper.make_opsetid("", 17)], producer_name="Apus benchmarks")
        onnx.checker.check_model(model)
        return model
