#!/usr/bin/env python3
# Part of Apus, Apache-2.0.
# SPDX-License-Identifier: Apache-2.0

"""Runs every fetched model with ONNX Runtime on inputs of a seed and keeps inputs and outputs for the tests.

    expected_outputs.py MODELS

For MODEL.onnx it writes MODEL.in.npz and MODEL.out.npz beside it; a model that has both is left alone.
"""

import pathlib
import sys

import numpy
import onnxruntime

SIZES = {
    "magika": {"bytes": (2, 2048)},
    "ocr-detection": {"x": (1, 3, 96, 160)},
    "ocr-recognition": {"x": (1, 3, 48, 160)},
    "ocr-direction": {"x": (1, 3, 48, 192)},
    "voice": {"input": (1, 576), "state": (2, 1, 128), "sr": ()},
    "voice-18": {"input": (1, 576), "state": (2, 1, 128), "sr": ()},
    "voice-15": {"input": (1, 576), "state": (2, 1, 128), "sr": ()},
    "pitch": {"serving_default_input_2:0": (1, 43844, 1)},
    "romanizer-encoder": {"src": (2, 7), "src_mask": (2, 7)},
    "lemma": {"src": (2, 9), "tgt_in": (2, 5)},
    "derive": {"src": (2, 9), "tgt_in": (2, 5)},
    "minilm-int8": {"input_ids": (2, 12), "attention_mask": (2, 12), "token_type_ids": (2, 12)},
    "iris": {"float_input": (3, 2)},
    "efficientnet-lite0": {"input": (2, 3, 224, 224)},
}


def made(name, kind, shape, generator):
    """An input of a plausible range."""
    if name == "sr":
        return numpy.array(16000, numpy.int64)
    if kind == "tensor(bool)":
        return numpy.ones(shape, bool)
    if "mask" in name:
        return numpy.ones(shape, numpy.int64)
    if name == "bytes":
        return generator.integers(0, 256, shape).astype(numpy.int32)
    if kind == "tensor(int64)":
        return generator.integers(0, 2 if name == "token_type_ids" else 30, shape)
    return (generator.standard_normal(shape) * (0.1 if name in ("input", "state") else 1)).astype(numpy.float32)


def main():
    for path in sorted(pathlib.Path(sys.argv[1]).glob("*.onnx")):
        sizes = SIZES.get(path.stem)
        kept = path.with_suffix(".in.npz"), path.with_suffix(".out.npz")
        if sizes is None or all(one.exists() for one in kept):
            continue
        session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
        generator = numpy.random.default_rng(20260101)
        inputs = {one.name: made(one.name, one.type, sizes[one.name], generator) for one in session.get_inputs()}
        outputs = zip([one.name for one in session.get_outputs()], session.run(None, inputs))
        numpy.savez(kept[0], **inputs)
        numpy.savez(kept[1], **{name: value for name, value in outputs if isinstance(value, numpy.ndarray)})
        print(f"    {path.stem}: expected outputs kept", flush=True)


main()
