# Part of Apus, Apache-2.0.
# SPDX-License-Identifier: Apache-2.0

"""MNN at high precision, on its converted file."""

import MNN
import numpy


def load(task, inputs):
    net = MNN.Interpreter(task["converted"])
    session = net.createSession({"backend": "CPU", "numThread": task["threads"], "precision": "high"})
    for name, value in inputs.items():
        net.resizeTensor(net.getSessionInput(session, name), value.shape)
    net.resizeSession(session)
    feeds = []
    for name, value in inputs.items():
        whole = value.dtype.kind == "i"
        value = numpy.ascontiguousarray(value, numpy.int32 if whole else numpy.float32)
        kind = MNN.Halide_Type_Int if whole else MNN.Halide_Type_Float
        feeds.append((net.getSessionInput(session, name),
                      MNN.Tensor(value.shape, kind, value, MNN.Tensor_DimensionType_Caffe)))
    results = []
    for name in task["outputs"]:
        tensor = net.getSessionOutput(session, name)
        shape = tensor.getShape()
        results.append((tensor, MNN.Tensor(
            shape, MNN.Halide_Type_Float, numpy.zeros(shape, numpy.float32), MNN.Tensor_DimensionType_Caffe)))

    def run():
        for target, value in feeds:
            target.copyFrom(value)
        net.runSession(session)
        for tensor, copy in results:
            tensor.copyToHostTensor(copy)

    return run, lambda: [numpy.array(copy.getNumpyData(), numpy.float32) for _, copy in results]
