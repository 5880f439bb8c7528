# Part of Apus, Apache-2.0.
# SPDX-License-Identifier: Apache-2.0

"""LiteRT with XNNPACK, on its converted file, whose images lie channels last."""

import numpy
from ai_edge_litert.interpreter import Interpreter


def load(task, inputs):
    net = Interpreter(task["converted"], num_threads=task["threads"])
    feeds = []
    for detail, value in zip(net.get_input_details(), inputs.values(), strict=True):
        if value.ndim == 4:
            value = value.transpose(0, 2, 3, 1)
        elif value.ndim == 3 and tuple(detail["shape"][1:]) == value.shape[:0:-1]:
            value = value.transpose(0, 2, 1)
        if tuple(detail["shape"]) != value.shape:
            net.resize_tensor_input(detail["index"], value.shape)
        feeds.append((detail["index"], numpy.ascontiguousarray(value)))
    net.allocate_tensors()
    places = [detail["index"] for detail in net.get_output_details()]
    last = []

    def run():
        for index, value in feeds:
            net.set_tensor(index, value)
        net.invoke()
        last[:] = [net.get_tensor(index) for index in places]

    return run, lambda: last
