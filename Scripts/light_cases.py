#!/usr/bin/env python3
# Part of Apus, Apache-2.0.
# SPDX-License-Identifier: Apache-2.0

"""Lays out the "light" networks of the onnx package as backend test cases.

    light_cases.py FOLDER_OF_LIGHT_MODELS OUTPUT

The package ships a graph and its output for each network; the input is the numbers from 0 to 1 in order.
"""

import os
import shutil
import sys

import numpy as np
import onnx
from onnx import numpy_helper

source, target = sys.argv[1:]
for name in sorted(os.listdir(source)):
    if not name.endswith(".onnx"):
        continue
    stem = name[: -len(".onnx")]
    folder = os.path.join(target, "test_" + stem)
    data = os.path.join(folder, "test_data_set_0")
    os.makedirs(data, exist_ok=True)
    shutil.copy(os.path.join(source, name), os.path.join(folder, "model.onnx"))
    shutil.copy(os.path.join(source, stem + "_output_0.pb"), os.path.join(data, "output_0.pb"))
    graph = onnx.load(os.path.join(source, name)).graph
    weights = {tensor.name for tensor in graph.initializer}
    inputs = [value for value in graph.input if value.name not in weights]
    for index, value in enumerate(inputs):
        shape = [dimension.dim_value for dimension in value.type.tensor_type.shape.dim]
        count = int(np.prod(shape))
        numbers = (np.arange(count, dtype=np.float32) / count).astype(np.float32).reshape(shape)
        with open(os.path.join(data, f"input_{index}.pb"), "wb") as file:
            file.write(numpy_helper.from_array(numbers, value.name).SerializeToString())
