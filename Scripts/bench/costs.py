# Part of Apus, Apache-2.0.
# SPDX-License-Identifier: Apache-2.0

"""The least a row can take on this machine: its operations at the measured peak, its bytes at the measured speed."""

import onnx
import onnxruntime
from onnx import numpy_helper

import models

PRODUCTS = {"Conv", "QLinearConv", "ConvInteger", "Gemm", "MatMul", "MatMulInteger", "QLinearMatMul", "QGemm", "LSTM",
            "GRU"}
LAST_LEVEL_CACHE = 24 << 20


def product(values):
    """All sizes multiplied."""
    result = 1
    for value in values:
        result *= value
    return result


class Costs:
    """Counts the multiplications of a model's products and the bytes of their weights."""

    def __init__(self, path, sizes):
        self.model = onnx.load(path)
        graph = self.model.graph
        self.stored = {each.name: each for each in graph.initializer}
        self.makers = {name: node for node in graph.node for name in node.output}
        self.products = [node for node in graph.node if node.op_type in PRODUCTS]
        self.shapes = self.observed(models.inputs(path, sizes))
        self.shapes.update({name: list(each.dims) for name, each in self.stored.items()})

    def observed(self, inputs):
        """The shapes of the products' operands and results in a run."""
        wanted = {name for node in self.products for name in [*node.input, *node.output] if name}
        wanted = sorted(wanted - set(self.stored) - set(inputs))
        shapes = {name: list(value.shape) for name, value in inputs.items()}
        if wanted:
            del self.model.graph.output[:]
            self.model.graph.output.extend(onnx.ValueInfoProto(name=name) for name in wanted)
            options = onnxruntime.SessionOptions()
            options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
            session = onnxruntime.InferenceSession(
                self.model.SerializeToString(), options, providers=["CPUExecutionProvider"])
            shapes.update({name: list(value.shape) for name, value in zip(wanted, session.run(wanted, inputs))})
        return shapes

    def weight(self, name):
        """The tensor in the file that a value is made of, if it is one."""
        while name in self.makers and self.makers[name].op_type in ("DequantizeLinear", "Transpose", "Reshape"):
            name = self.makers[name].input[0]
        return self.stored.get(name)

    def count(self):
        """Multiplications and bytes, by kind; a recurrent layer reads the weights of its state at every step."""
        total = {"products": 0, "byte_products": 0, "step_products": 0, "bytes": 0, "step_bytes": 0}
        seen = set()
        for node in self.products:
            right = 3 if node.op_type.startswith(("QLinear", "QGemm")) else 1
            left, weights, out = (self.shapes[name] for name in (node.input[0], node.input[right], node.output[0]))
            matrix = self.weight(node.input[right])
            if "Conv" in node.op_type:
                products = product(out) * product(weights[1:])
            elif node.op_type in ("LSTM", "GRU"):
                state, steps = self.stored[node.input[2]], left[0]
                total["step_products"] += steps * left[1] * product(state.dims)
                total["step_bytes"] += steps * numpy_helper.to_array(state).nbytes
                products = steps * left[1] * product(weights)
            else:
                products = product(out) * left[-1]
            is_bytes = "Integer" in node.op_type or node.op_type.startswith("Q") or (
                matrix is not None and numpy_helper.to_array(matrix).itemsize == 1)
            total["byte_products" if is_bytes else "products"] += products
            for name in node.input[1:]:
                tensor = self.weight(name)
                if tensor is not None and tensor.name not in seen:
                    seen.add(tensor.name)
                    total["bytes"] += numpy_helper.to_array(tensor).nbytes
        return total


def of_row(folder, row):
    """What a row's model costs."""
    path = models.model_path(folder / "models", row.model, row.batch)
    return Costs(path, {"batch": row.batch, "length": row.length}).count()


def limit(costs, peaks, kind):
    """The milliseconds below which no engine comes that does every multiplication; None where nothing is counted."""
    shrink = 2 if kind == "bf16" else 1
    rate = peaks["bf16_gflops" if kind == "bf16" else "fp32_gflops"]
    byte_rate = peaks["int8_gops"] or rate
    if not rate or not (costs["products"] or costs["byte_products"] or costs["step_products"]):
        return None
    steps = max(2 * costs["step_products"] / rate, costs["step_bytes"] / shrink / peaks["l2_gbs"])
    compute = 2 * costs["products"] / rate + 2 * costs["byte_products"] / byte_rate + steps
    size = costs["bytes"] / shrink
    memory = size / peaks["memory_gbs" if size > LAST_LEVEL_CACHE else "l3_gbs"]
    return max(compute, memory) / 1e6
