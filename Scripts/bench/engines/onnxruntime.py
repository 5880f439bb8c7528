# Part of Apus, Apache-2.0.
# SPDX-License-Identifier: Apache-2.0

"""ONNX Runtime, every optimization on, named sizes fixed."""

import onnxruntime


def load(task, inputs):
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
    options.intra_op_num_threads = task["threads"]
    options.inter_op_num_threads = 1
    for name in task["symbols"]:
        options.add_free_dimension_override_by_name(name, task["sizes"][name])
    session = onnxruntime.InferenceSession(task["model"], options, providers=["CPUExecutionProvider"])
    last = []

    def run():
        last[:] = session.run(None, inputs)

    return run, lambda: last
