# Part of Apus, Apache-2.0.
# SPDX-License-Identifier: Apache-2.0

"""OpenVINO in the precision asked for: left alone it computes 32-bit models in bf16 where the processor can."""

import openvino


def load(task, inputs):
    core = openvino.Core()
    model = core.read_model(task["model"])
    model.reshape({name: list(value.shape) for name, value in inputs.items()})
    compiled = core.compile_model(model, "CPU", {
        "INFERENCE_PRECISION_HINT": "bf16" if task["precision"] == "bf16" else "f32",
        "INFERENCE_NUM_THREADS": task["threads"], "PERFORMANCE_HINT": "LATENCY", "ENABLE_CPU_PINNING": False})
    request = compiled.create_infer_request()
    shared = [(name, openvino.Tensor(value, shared_memory=True)) for name, value in inputs.items()]
    for name, value in shared:
        request.set_tensor(name, value)

    def run():
        request.infer(share_outputs=True)

    def outputs():
        # The inputs' memory is borrowed: it has to live as long as the request.
        assert shared
        return [request.get_output_tensor(index).data for index in range(len(compiled.outputs))]

    return run, outputs
