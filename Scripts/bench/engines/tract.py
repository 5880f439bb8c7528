# Part of Apus, Apache-2.0.
# SPDX-License-Identifier: Apache-2.0

"""tract; its Python binding runs on one thread."""

import tract


def load(task, inputs):
    model = tract.onnx().load(task["model"]).into_model()
    if task["symbols"]:
        model.transform(tract.SetSymbols({name: task["sizes"][name] for name in task["symbols"]}))
    state = model.into_runnable().spawn_state()
    feeds = [tract.Tensor.from_numpy(value) for value in inputs.values()]
    last = []

    def run():
        last[:] = [each.to_numpy() for each in state.run(feeds)]

    return run, lambda: last
