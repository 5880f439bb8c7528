# Part of Apus, Apache-2.0.
# SPDX-License-Identifier: Apache-2.0

"""Writes the same models twice, as ONNX for Apus and in Python for Triton, under the same configurations."""

import pathlib

import triton_server
from onnx_writer import Graph
from serving_models import TYPES

# Python models of Triton know no BF16.
IDENTITIES = ("BOOL", "UINT8", "INT32", "INT64", "UINT64", "FP16", "FP32", "FP64", "BYTES")


def tensor(name, kind, sizes, more=""):
    """A tensor of a configuration."""
    kind = "STRING" if kind == "BYTES" else kind
    return f'{{ name: "{name}" data_type: TYPE_{kind} dims: [ {", ".join(map(str, sizes))} ] {more}}}'


def configuration(batch, kind, sizes, count=1, more="", label=""):
    """The text of a configuration, but for its backend."""
    inputs = ", ".join(tensor(f"INPUT{index}", kind, sizes) for index in range(count))
    outputs = ", ".join(tensor(f"OUTPUT{index}", kind, sizes, label) for index in range(count))
    return (f"max_batch_size: {batch}\ninput [ {inputs} ]\noutput [ {outputs} ]\n"
            f"instance_group [ {{ count: 1 kind: KIND_CPU }} ]\n{more}")


def onnx(kind, sizes, count):
    """A model that gives back its one input, or the sum and the difference of two."""
    graph = Graph("model")
    if count == 1:
        graph.node("Identity", ["INPUT0"], "OUTPUT0")
    else:
        graph.node("Add", ["INPUT0", "INPUT1"], "OUTPUT0")
        graph.node("Sub", ["INPUT0", "INPUT1"], "OUTPUT1")
    values = [[(f"{side}{index}", sizes, TYPES[kind]) for index in range(count)] for side in ("INPUT", "OUTPUT")]
    return graph.model(*values, 21, 10, "apus tests")


def models():
    """Name, configuration, datatype, sizes of the ONNX model, inputs and versions of each model."""
    batching = "dynamic_batching { }\n"
    for kind in IDENTITIES:
        yield (f"identity_{kind.lower()}", configuration(4, kind, [-1], more=batching), kind, ["batch", "n"], 1, ["1"])
    yield "add", configuration(4, "FP32", [4], 2, batching), "FP32", ["batch", 4], 2, ["1"]
    yield "fixed", configuration(0, "FP32", [2, 3], 2), "FP32", [2, 3], 2, ["1"]
    yield ("versions", configuration(0, "INT32", [2], more="version_policy { all { } }\n"), "INT32", [2], 1,
           ["1", "3"])
    yield ("classifier", configuration(8, "FP32", [3], more=batching, label='label_filename: "labels.txt" '), "FP32",
           ["batch", 3], 1, ["1"])


def write(apus, triton, packages):
    """Writes both repositories; Triton's models take NumPy from a folder of packages."""
    for name, text, kind, sizes, count, versions in models():
        folder = pathlib.Path(apus) / name
        for version in versions:
            (folder / version).mkdir(parents=True, exist_ok=True)
            (folder / version / "model.onnx").write_bytes(onnx(kind, sizes, count))
        (folder / "config.pbtxt").write_text(text)
        triton_server.write_model(pathlib.Path(triton) / name, text, packages, versions)
        if name == "classifier":
            for place in (apus, triton):
                (pathlib.Path(place) / name / "labels.txt").write_text("cat\ndog\nbird\n")
