# Part of Apus, Apache-2.0.
# SPDX-License-Identifier: Apache-2.0

"""Writes a small model repository for the tests of the server: identities of every type, a sum and a classifier."""

import pathlib
import sys

from onnx_writer import Graph

# Datatypes of the protocol and the numbers ONNX gives them.
TYPES = {
    "BOOL": 9, "UINT8": 2, "UINT16": 4, "UINT32": 12, "UINT64": 13, "INT8": 3, "INT16": 5, "INT32": 6, "INT64": 7,
    "FP16": 10, "FP32": 1, "FP64": 11, "BF16": 16, "BYTES": 8,
}


def identity(kind, sizes):
    """A model that gives back its input."""
    graph = Graph("identity")
    graph.node("Identity", ["INPUT0"], "OUTPUT0")
    return graph.model([("INPUT0", sizes, kind)], [("OUTPUT0", sizes, kind)], 21, 10, "apus tests")


def add(sizes):
    """A model that adds its two inputs."""
    graph = Graph("add")
    graph.node("Add", ["INPUT0", "INPUT1"], "OUTPUT0")
    graph.node("Sub", ["INPUT0", "INPUT1"], "OUTPUT1")
    values = [("INPUT0", sizes), ("INPUT1", sizes)]
    return graph.model(values, [("OUTPUT0", sizes), ("OUTPUT1", sizes)], 21, 10, "apus tests")


def write(folder):
    """Writes the repository into a folder."""
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for name, kind in TYPES.items():
        (folder / f"identity_{name.lower()}.onnx").write_bytes(identity(kind, ["n"]))
    (folder / "add.onnx").write_bytes(add(["batch", 4]))
    (folder / "image.onnx").write_bytes(identity(1, ["batch", 3, 224, 224]))
    classifier = folder / "classifier"
    (classifier / "1").mkdir(parents=True, exist_ok=True)
    (classifier / "1" / "model.onnx").write_bytes(identity(1, ["batch", 3]))
    (classifier / "labels.txt").write_text("cat\ndog\nbird\n")
    (classifier / "config.pbtxt").write_text(
        'max_batch_size: 8\n'
        'input [{ name: "INPUT0" data_type: TYPE_FP32 dims: [ 3 ] }]\n'
        'output [{ name: "OUTPUT0" data_type: TYPE_FP32 dims: [ 3 ] label_filename: "labels.txt" }]\n'
        'dynamic_batching { }\n')
    versions = folder / "versions"
    for version in ("1", "3"):
        (versions / version).mkdir(parents=True, exist_ok=True)
        (versions / version / "model.onnx").write_bytes(add(["batch", 2]))
    (versions / "config.pbtxt").write_text('version_policy { all { } }\n')
    write_ensemble(folder / "ensemble")
    for name, strategy in (("sequence_direct", "direct { }"), ("sequence_oldest", "oldest { }")):
        write_sequence(folder / name, strategy.replace("oldest { }", "oldest { max_candidate_sequences: 4 }"))


def write_sequence(folder, strategy):
    """A model that keeps the sum of what each sequence sent, and gives back what it is told of the sequence."""
    graph = Graph("sequence")
    graph.node("Add", ["INPUT0", "BEFORE"], "SUM")
    graph.node("Identity", ["SUM"], "OUTPUT0")
    graph.node("Concat", ["START", "END", "READY"], "FLAGS", axis=1)
    graph.node("Identity", ["CORRID"], "NAME")
    one, sizes = ["batch", 1], ["batch", 2]
    inputs = [("INPUT0", sizes, 1), ("BEFORE", sizes, 1)]
    inputs += [("START", one, 6), ("END", one, 6), ("READY", one, 6), ("CORRID", one, 8)]
    outputs = [("OUTPUT0", sizes, 1), ("SUM", sizes, 1), ("FLAGS", ["batch", 3], 6), ("NAME", one, 8)]
    (folder / "1").mkdir(parents=True, exist_ok=True)
    (folder / "1" / "model.onnx").write_bytes(graph.model(inputs, outputs, 21, 10, "apus tests"))
    (folder / "initial_state").mkdir(exist_ok=True)
    (folder / "initial_state" / "ten").write_bytes(b"\0\0\x20\x41" * 2)
    flag = '  control_input {{ name: "{}" control {{ kind: CONTROL_SEQUENCE_{} int32_false_true: [ 0, 1 ] }} }}\n'
    (folder / "config.pbtxt").write_text(
        "max_batch_size: 4\nsequence_batching {\n  " + strategy + "\n  max_sequence_idle_microseconds: 60000000\n"
        + "".join(flag.format(kind, kind) for kind in ("START", "END", "READY"))
        + '  control_input { name: "CORRID" control { kind: CONTROL_SEQUENCE_CORRID data_type: TYPE_STRING } }\n'
        + '  state { input_name: "BEFORE" output_name: "SUM" data_type: TYPE_FP32 dims: 2\n'
        + '    initial_state { data_type: TYPE_FP32 dims: 2 data_file: "ten" name: "ten" } }\n}\n')


def write_ensemble(folder):
    """An ensemble of two sums side by side and one of their sums: 2a + b and 0."""
    step = (
        '  step {{ model_name: "add" model_version: -1\n'
        '    input_map {{ key: "INPUT0" value: "{}" }} input_map {{ key: "INPUT1" value: "{}" }}\n'
        '    output_map {{ key: "{}" value: "{}" }} }}\n')
    tensor = '{} {{ name: "{}" data_type: TYPE_FP32 dims: [ 4 ] }}\n'
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.pbtxt").write_text(
        'platform: "ensemble"\nmax_batch_size: 4\n'
        + tensor.format("input", "A") + tensor.format("input", "B")
        + tensor.format("output", "SUM") + tensor.format("output", "NOTHING")
        + "ensemble_scheduling {\n" + step.format("A", "B", "OUTPUT0", "sum")
        + step.format("A", "A", "OUTPUT1", "NOTHING") + step.format("sum", "A", "OUTPUT0", "SUM") + "}\n")


if __name__ == "__main__":
    write(sys.argv[1])
