# Part of Apus, Apache-2.0.
# SPDX-License-Identifier: Apache-2.0

"""What is measured: every row of the table, and the engines that take part."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Row:
    """A model at one size, in one precision."""
    model: str
    batch: int = 1
    length: int = 0
    kind: str = "fp32"

    @property
    def title(self):
        """How the row is called in tables."""
        batch = [f"batch {self.batch}"] if self.batch > 1 else []
        length = [f"{self.length} tokens"] if self.length else []
        return ", ".join([self.model, *batch, *length])

    @property
    def key(self):
        """How the row is called in files and on the command line."""
        return "/".join([self.kind, self.model, f"batch{self.batch}"] + [f"length{self.length}"] * (self.length > 0))


@dataclasses.dataclass(frozen=True)
class Engine:
    """An engine in one precision."""
    name: str
    title: str
    module: str = ""
    package: str = ""
    converted: str = ""
    most_threads: int = 1 << 10
    most_batch: int = 1 << 10


PLAIN = [
    Row("mobilenet_v2"), Row("mobilenet_v2", 8), Row("resnet50"), Row("resnet50", 8), Row("squeezenet1_1"),
    Row("squeezenet1_1", 8), Row("efficientnet_b0"), Row("efficientnet_b0", 8), Row("yolov8n"),
    Row("minilm_l6", 1, 16), Row("minilm_l6", 1, 128), Row("minilm_l6", 8, 128), Row("bert_base", 1, 16),
    Row("bert_base", 1, 128), Row("mlp"), Row("mlp", 8), Row("lstm"), Row("gru")]
BYTES = [
    Row("mobilenet_v2_qdq", kind="int8"), Row("mobilenet_v2_qoperator", kind="int8"),
    Row("resnet50_qdq", kind="int8"), Row("resnet50_qoperator", kind="int8"),
    Row("minilm_l6_dynamic", 1, 16, "int8"), Row("minilm_l6_dynamic", 1, 128, "int8")]
HALF = [dataclasses.replace(row, kind="bf16") for row in PLAIN]
CALL = [Row("noop", kind="call")]
ROWS = PLAIN + BYTES + HALF + CALL

APUS = Engine("apus", "Apus")
PEERS = [
    Engine("onnxruntime", "ONNX Runtime", "onnxruntime", "onnxruntime"),
    Engine("openvino", "OpenVINO", "openvino", "openvino"),
    Engine("mnn", "MNN", "mnn", "MNN", converted=".mnn"),
    Engine("ncnn", "ncnn", "ncnn", "ncnn", converted=".ncnn", most_batch=1),
    Engine("tract", "tract", "tract", "tract", most_threads=1),
    Engine("litert", "LiteRT", "litert", "ai-edge-litert", converted=".tflite")]
# Peers that compute a 32-bit model in bf16 when they are asked to.
HALF_PEERS = {"openvino"}


def peers(row):
    """The engines a row is measured against."""
    return [each for each in PEERS if row.kind != "bf16" or each.name in HALF_PEERS]


def chosen(names):
    """The rows that names stand for: a kind, a model, or a part of a key."""
    return [row for row in ROWS if not names or any(
        name in (row.kind, row.model, row.key) or ("/" in name and name in row.key) for name in names)]
