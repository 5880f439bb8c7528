# Part of Apus, Apache-2.0.
# SPDX-License-Identifier: Apache-2.0

"""ncnn on its converted file, 16-bit arithmetic and storage off."""

import ncnn
import numpy


def load(task, inputs):
    ncnn.set_omp_num_threads(task["threads"])
    net = ncnn.Net()
    net.opt.num_threads = task["threads"]
    for option in dir(net.opt):
        if "fp16" in option or "bf16" in option:
            setattr(net.opt, option, False)
    if net.load_param(task["converted"] + ".param") or net.load_model(task["converted"] + ".bin"):
        raise RuntimeError("ncnn does not load its converted file")
    # Its images have no batch.
    feeds = [ncnn.Mat(numpy.ascontiguousarray(value[0])) for value in inputs.values()]
    last = []

    def run():
        extractor = net.create_extractor()
        for index, value in enumerate(feeds):
            extractor.input(f"in{index}", value)
        last[:] = [numpy.array(extractor.extract(f"out{index}")[1]) for index in range(len(task["outputs"]))]

    return run, lambda: last
