#!/usr/bin/env python3
# Part of Apus, Apache-2.0.
# SPDX-License-Identifier: Apache-2.0

"""Runs every fetched model with ONNX Runtime on photos, text and sound and keeps inputs and outputs for the tests.

    expected_outputs.py CACHE

Reads CACHE/models and CACHE/inputs, makes the models that are built from others, and writes into CACHE/expected:
MODEL.CASE.in.npz and MODEL.CASE.out.npz of single runs, and MODEL.CASE.step.npz with the quantization step of each
output of an 8-bit model; for the voice models the frames and what each made of them; for the text models the tokens.
What the same scripts made before is left alone.
"""

import hashlib
import pathlib
import sys

import numpy
import onnx
import onnxruntime

import minilm
import quantized_models
import real_inputs
from real_inputs import FURTHER_PHOTOS, PHOTOS

MOST_TOKENS = 32
END = 2


class Expectations:
    """Models and inputs of one cache, and where the results go."""

    def __init__(self, cache):
        self.models, self.folder = cache / "models", cache / "expected"
        self.inputs = real_inputs.Inputs(cache / "inputs")
        self.folder.mkdir(exist_ok=True)

    def options(self, level):
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        options.graph_optimization_level = level
        return options

    def session(self, name, level=onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL):
        return onnxruntime.InferenceSession(
            str(self.models / f"{name}.onnx"), self.options(level), providers=["CPUExecutionProvider"])

    def save(self, name, **arrays):
        with open(self.folder / f"{name}.npz", "wb") as file:
            numpy.savez(file, **arrays)

    def keep(self, model, case, inputs):
        """Runs a model once and keeps what went in and came out."""
        session = self.session(model)
        outputs = {one.name: flat(value) for one, value in zip(session.get_outputs(), session.run(None, inputs))}
        self.save(f"{model}.{case}.in", **inputs)
        self.save(f"{model}.{case}.out", **outputs)
        plain = self.plain(model, inputs, list(outputs))
        steps = self.steps(model, inputs, outputs, plain)
        if steps:
            self.save(f"{model}.{case}.step", **{name: numpy.float32(value) for name, value in steps.items()})
            self.save(f"{model}.{case}.plain", **plain)
            if not self.is_dynamic(model):
                # Floats are rounded to steps after every node here, so last bits decide inside as above.
                spread = self.spread(model, inputs, plain, onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL)
                steps = {name: value + spread[name] for name, value in steps.items()}
            self.save(f"{model}.{case}.plain-step", **{name: numpy.float32(value) for name, value in steps.items()})
        print(f"    {model}: {case}", flush=True)

    def plain(self, model, inputs, names):
        """The outputs where ONNX Runtime runs the nodes as the file has them."""
        session = self.session(model, onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL)
        return {name: flat(value) for name, value in zip(names, session.run(names, inputs))}

    def steps(self, model, inputs, outputs, plain):
        """The quantization step of each output; nothing for a model that does not quantize.

        Where the model measures its scales as it runs, a rounding of the last bit decides between two steps somewhere
        inside. An output is then as exact as a 255th of its range; or, where ONNX Runtime's own ways to run the model
        are further apart than that, as its results when the last bits of the weights change.
        """
        if self.is_dynamic(model):
            steps = {name: (value.max() - value.min()) / 255 for name, value in outputs.items()}
            if all(abs(value - plain[name]).max() <= steps[name] for name, value in outputs.items()):
                return steps
            level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
            return self.spread(model, inputs, outputs, level)
        graph = onnx.load(self.models / f"{model}.onnx").graph
        makers = {name: node for node in graph.node for name in node.output}
        if any(makers[name].op_type != "DequantizeLinear" for name in outputs if name in makers):
            return {}
        scales = {one.name: onnx.numpy_helper.to_array(one) for one in graph.initializer}
        return {name: scales[makers[name].input[1]] for name in outputs}

    def is_dynamic(self, model):
        """Whether a model measures scales as it runs."""
        nodes = onnx.load(self.models / f"{model}.onnx").graph.node
        return any(node.op_type == "DynamicQuantizeLinear" for node in nodes)

    def spread(self, model, inputs, outputs, level):
        """How far each output moves when the weights in floats change in their last bits; the most of four draws."""
        spread = dict.fromkeys(outputs, 0.0)
        for seed in range(4):
            changed, generator = onnx.load(self.models / f"{model}.onnx"), numpy.random.default_rng(seed)
            for one in changed.graph.initializer:
                if one.data_type == onnx.TensorProto.FLOAT:
                    value = onnx.numpy_helper.to_array(one)
                    noise = 1 + generator.choice([-1.2e-7, 0, 1.2e-7], value.shape)
                    one.CopyFrom(onnx.numpy_helper.from_array((value * noise).astype(numpy.float32), one.name))
            session = onnxruntime.InferenceSession(
                changed.SerializeToString(), self.options(level), providers=["CPUExecutionProvider"])
            for name, value in zip(outputs, session.run(list(outputs), inputs)):
                spread[name] = max(spread[name], abs(value - outputs[name]).max())
        return spread

    def make_models(self):
        """Writes the models that are made of fetched ones."""
        source = self.models / "efficientnet-lite0.onnx"
        photos = [self.inputs.photo(name)[None] for name in PHOTOS + FURTHER_PHOTOS]
        photos += [numpy.ascontiguousarray(photo[:, :, :, ::-1]) for photo in photos]
        for form in ("QDQ", "QOperator"):
            target = self.models / f"efficientnet-lite0-{form.lower()}.onnx"
            quantized_models.quantize_static(source, target, form, [{"input": photo} for photo in photos])
        quantized_models.quantize_dynamic(source, self.models / "efficientnet-lite0-dynamic.onnx", "QUInt8")
        config = minilm.json.loads((self.inputs.folder / "minilm.json").read_text(encoding="utf-8"))
        weights = minilm.read_weights(self.inputs.folder / "minilm.safetensors")
        onnx.save(minilm.build(weights, config), self.models / "minilm.onnx")
        quantized_models.quantize_dynamic(
            self.models / "minilm.onnx", self.models / "minilm-dynamic.onnx", "QInt8")

    def single_runs(self):
        """Everything that takes no state."""
        inputs = self.inputs
        for form in ("", "-qdq", "-qoperator", "-dynamic"):
            self.keep(f"efficientnet-lite0{form}", "cat", {"input": inputs.photos(PHOTOS[:1])})
            self.keep(f"efficientnet-lite0{form}", "photos", {"input": inputs.photos(PHOTOS)})
        text = (inputs.folder / "iris.rst").read_text(encoding="utf-8")
        for name in ("minilm", "minilm-int8", "minilm-dynamic"):
            self.keep(name, "sentences", inputs.sentences(real_inputs.SENTENCES))
            self.keep(name, "paragraph", inputs.sentences([text[:600]]))
        files = [inputs.folder / name for name in ("chelsea.png", "china.jpg", "speech.wav", "iris.csv", "iris.rst")]
        files += [pathlib.Path(__file__), self.models / "iris.onnx", self.models / "pitch.onnx"]
        self.keep("magika", "files", {"bytes": numpy.stack([inputs.file_bytes(path) for path in files])})
        self.keep("ocr-detection", "page", {"x": inputs.page((640, 320))})
        self.keep("ocr-recognition", "title", {"x": inputs.page((576, 48), (2, 10, 298, 35))})
        self.keep("ocr-recognition", "lines", {"x": inputs.lines(960)})
        self.keep("ocr-direction", "lines", {"x": inputs.lines(192)})
        start = 44100 * 2
        song = inputs.sound("singing.wav")[start : start + 2 * 43844].reshape(1, 43844, 2).mean(2)
        self.keep("pitch", "singing", {"serving_default_input_2:0": song[:, :, None].astype(numpy.float32)})
        self.keep("iris", "flowers", {"float_input": inputs.iris()})

    def voices(self):
        """Each encoding over a whole clip, the state carried from frame to frame."""
        clips = {16000: self.inputs.frames("speech.wav", 512, 64),
                 8000: self.inputs.frames("speech-8k.wav", 256, 32, 600)}
        for rate, frames in clips.items():
            self.save(f"voice-{rate}", frames=frames)
        plans = [("voice", 16000), ("voice-18", 16000), ("voice-15", 16000), ("voice-half", 16000),
                 ("voice-openvino", 16000), ("voice", 8000), ("voice-18", 8000)]
        for name, rate in plans:
            session = self.session(name)
            names = {one.name for one in session.get_inputs()}
            state, probabilities = numpy.zeros((2, 1, 128), numpy.float32), []
            for frame in clips[rate]:
                inputs = {"input": frame[None], "state": state, "sr": numpy.array(rate, numpy.int64)}
                inputs = {key: value for key, value in inputs.items() if key in names}
                found, state = session.run(["output", "stateN"], inputs)
                probabilities.append(found.reshape(-1)[0])
            self.keep(name, f"frame-{rate}", inputs)
            self.save(f"{name}.{rate}", probabilities=numpy.array(probabilities, numpy.float32), state=state)
            print(f"    {name}: {len(probabilities)} frames of {rate} Hz", flush=True)
        zero = numpy.zeros((1, 1, 128), numpy.float32)
        self.keep("voice-sequence", "speech", {"input": clips[16000], "h": zero, "c": zero})

    def texts(self):
        """The tokens that the text models write, the likeliest at each step."""
        for name, words in (("romanizer", real_inputs.ARABIC_NAMES), ("persian", real_inputs.PERSIAN_NAMES)):
            known = self.inputs.tokens(name)
            prefix = [one for one in ("<UNK_COUNTRY>", "<ROLE_UNKNOWN>") if one in known]
            source, mask = self.inputs.characters(name, words, prefix)
            self.keep(f"{name}-encoder", "names", {"src": source, "src_mask": mask})
            encoder, decoder = self.session(f"{name}-encoder"), self.session(f"{name}-decoder")
            state = dict(zip(("memory", "src_mask", "hidden"), encoder.run(None, {"src": source, "src_mask": mask})))
            prefixes = numpy.full((len(words), 1), 1, numpy.int64)
            while prefixes.shape[1] <= MOST_TOKENS and not (prefixes == END).any(1).all():
                inputs = {"prefix": prefixes, **state}
                scores, state["hidden"] = decoder.run(None, inputs)
                prefixes = numpy.concatenate([prefixes, scores.argmax(1)[:, None]], 1)
            self.keep(f"{name}-decoder", "names", inputs)
            self.save(f"{name}.tokens", src=source, src_mask=mask, tokens=prefixes)
            print(f"    {name}: {[written(known, row) for row in prefixes]}", flush=True)
        for name, words in (("lemma", real_inputs.FRENCH_WORDS), ("derive", real_inputs.FRENCH_FORMS)):
            known, session, rows = self.inputs.tokens(name), self.session(name), []
            for index, word in enumerate(words):
                source, _ = self.inputs.characters(name, [word])
                row = numpy.array([[1]], numpy.int64)
                while row.shape[1] <= MOST_TOKENS and row[0, -1] != END:
                    inputs = {"src": source, "tgt_in": row}
                    (scores,) = session.run(["token_logits"], inputs)
                    row = numpy.concatenate([row, scores[:, -1].argmax(1)[:, None]], 1)
                self.keep(name, str(index), inputs)
                rows.append(row)
            self.save(f"{name}.tokens", **{f"src{index}": self.inputs.characters(name, [word])[0]
                                           for index, word in enumerate(words)},
                      **{f"tokens{index}": row for index, row in enumerate(rows)})
            print(f"    {name}: {[written(known, row[0]) for row in rows]}", flush=True)


def written(tokens, row):
    """The text of a row of tokens."""
    texts = {index: token for token, index in tokens.items()}
    kept = list(row)[1:]
    kept = kept[: kept.index(END)] if END in kept else kept
    return "".join(texts[index] for index in kept)


def flat(value):
    """An output as an array; maps become rows of their values in the order of their keys."""
    if isinstance(value, list):
        return numpy.array([[one[key] for key in sorted(one)] for one in value], numpy.float32)
    return value


def main():
    cache = pathlib.Path(sys.argv[1])
    scripts = [__file__, minilm.__file__, quantized_models.__file__, real_inputs.__file__]
    mark = hashlib.sha256(b"".join(pathlib.Path(path).read_bytes() for path in scripts)).hexdigest()
    stamp = cache / "expected" / "made-by"
    if stamp.exists() and stamp.read_text() == mark:
        return
    expectations = Expectations(cache)
    expectations.make_models()
    expectations.single_runs()
    expectations.voices()
    expectations.texts()
    stamp.write_text(mark)


main()
