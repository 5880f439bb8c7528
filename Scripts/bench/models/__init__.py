# Part of Apus, Apache-2.0.
# SPDX-License-Identifier: Apache-2.0

"""The benchmark's models by name: known architectures, weights made up, the same on every machine."""

import os
import pathlib
import sys

import numpy
import onnx

from models import detector, small, text, vision
from models.canvas import Canvas

BUILDERS = {
    each.__name__: each for each in (
        vision.mobilenet_v2, vision.resnet50, vision.squeezenet1_1, vision.efficientnet_b0, detector.yolov8n,
        text.minilm_l6, text.bert_base, small.mlp, small.lstm, small.gru, small.noop)}
QUANTIZED = {
    "mobilenet_v2_qdq": ("mobilenet_v2", "QDQ"), "mobilenet_v2_qoperator": ("mobilenet_v2", "QOperator"),
    "resnet50_qdq": ("resnet50", "QDQ"), "resnet50_qoperator": ("resnet50", "QOperator"),
    "minilm_l6_dynamic": ("minilm_l6", "dynamic")}




def model_path(folder, name, batch=1):
    """The file of a model, written first where it is not there."""
    target = pathlib.Path(folder) / (f"{name}.onnx" if batch == 1 else f"{name}.batch{batch}.onnx")
    if not target.exists():
        print(f"    writing {target.name}", flush=True)
        target.parent.mkdir(parents=True, exist_ok=True)
        part = target.with_suffix(".part")
        if name in QUANTIZED:
            quantize(folder, name, part)
        else:
            canvas = Canvas(name)
            BUILDERS[name](canvas, batch)
            onnx.save(canvas.model(), part)
        os.replace(part, target)
    return target


def quantize(folder, name, target):
    """The 8-bit form of a model; scales come from made-up pictures."""
    sys.path.append(str(pathlib.Path(__file__).parents[2]))
    import quantized_models
    base, form = QUANTIZED[name]
    source = model_path(folder, base)
    if form == "dynamic":
        return quantized_models.quantize_dynamic(source, target, "QInt8")
    random = numpy.random.default_rng(8)
    pictures = ({"input": random.standard_normal((1, 3, 224, 224), numpy.float32)} for _ in range(8))
    quantized_models.quantize_static(source, target, form, pictures)


def symbols(path):
    """The named sizes of a model's inputs."""
    graph = onnx.load(path, load_external_data=False).graph
    return sorted({size.dim_param for each in graph.input for size in each.type.tensor_type.shape.dim
                   if size.dim_param})


def inputs(path, sizes):
    """Made-up inputs by name."""
    random, result = numpy.random.default_rng(3), {}
    for each in onnx.load(path, load_external_data=False).graph.input:
        shape = [size.dim_value or sizes[size.dim_param] for size in each.type.tensor_type.shape.dim]
        if each.type.tensor_type.elem_type == onnx.TensorProto.FLOAT:
            result[each.name] = random.standard_normal(shape, numpy.float32)
        elif each.name == "input_ids":
            result[each.name] = random.integers(0, 30522, shape)
        else:
            result[each.name] = numpy.full(shape, each.name == "attention_mask", numpy.int64)
    return result
