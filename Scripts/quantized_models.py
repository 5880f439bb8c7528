# Part of Apus, Apache-2.0.
# SPDX-License-Identifier: Apache-2.0

"""Makes 8-bit forms of models with ONNX Runtime's own tools."""

import pathlib
import tempfile

from onnxruntime import quantization
from onnxruntime.quantization.shape_inference import quant_pre_process


class Calibration(quantization.CalibrationDataReader):
    """Hands out inputs one by one."""

    def __init__(self, inputs):
        self.inputs = iter(inputs)

    def get_next(self):
        return next(self.inputs, None)


def quantize_static(source, target, form, inputs):
    """Activations in u8 with scales from the inputs, weights in i8 with a scale for each channel."""
    with tempfile.TemporaryDirectory() as folder:
        prepared = str(pathlib.Path(folder) / "prepared.onnx")
        quant_pre_process(str(source), prepared, skip_symbolic_shape=True)
        quantization.quantize_static(
            prepared, str(target), Calibration(inputs), quant_format=quantization.QuantFormat[form],
            activation_type=quantization.QuantType.QUInt8, weight_type=quantization.QuantType.QInt8, per_channel=True)


def quantize_dynamic(source, target, weights):
    """Weights in 8 bits, activations with scales found at run time."""
    quantization.quantize_dynamic(str(source), str(target), weight_type=quantization.QuantType[weights])
