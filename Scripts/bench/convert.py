# Part of Apus, Apache-2.0.
# SPDX-License-Identifier: Apache-2.0

"""Converts models for the peers that do not read ONNX, once each; what fails is remembered with its reason."""

import pathlib
import subprocess
import sys
import sysconfig

import numpy

import models

# Seconds: networks for pictures take a minute each, and the converter of LiteRT does not come to an end with encoders.
LIMIT, ENCODER_LIMIT = 1200, 240
SLOW = "its converter did not end in time"
# The command of MNN's package installs and calls a logging service; the module under it only converts.
MNN = ("import sys, _tools; _tools.mnnconvert(['mnnconvert', '-f', 'ONNX', '--modelFile', sys.argv[1], "
       "'--MNNModel', sys.argv[2], '--bizCode', 'apus', '--useOriginRNNImpl'])")


def attempt(command, folder, limit=LIMIT):
    """Runs a converter; the reason where it fails."""
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=limit)
    except subprocess.TimeoutExpired:
        return SLOW
    except OSError as error:
        return f"its converter does not start: {error}"
    (folder / "log").write_text(done.stdout + done.stderr)
    if done.returncode < 0:
        return f"its converter ends by signal {-done.returncode}"
    return "its converter fails" if done.returncode else None


def to_mnn(source, target, sizes):
    return attempt([sys.executable, "-c", MNN, str(source), str(target)], target.parent)


def to_ncnn(source, target, sizes):
    program = pathlib.Path(sysconfig.get_path("purelib")) / "pnnx" / "pnnx"
    shapes = ",".join(
        str(list(value.shape)).replace(" ", "") + ("i64" if value.dtype.kind == "i" else "")
        for value in models.inputs(source, sizes).values())
    # It writes what it makes beside its input.
    link = target.parent / (target.stem + ".onnx")
    link.unlink(missing_ok=True)
    link.symlink_to(source)
    return attempt([str(program), link.name, "inputshape=" + shapes, "fp16=0"], target.parent)


def to_litert(source, target, sizes):
    program = pathlib.Path(sys.prefix).parent / "converter" / "bin" / "onnx2tf"
    if not program.exists():
        return "its converter is not installed"
    # It compares its results on pictures that it otherwise fetches.
    pictures = numpy.random.default_rng(5).random((20, 128, 128, 3), numpy.float32)
    numpy.save(target.parent / "calibration_image_sample_data_20x128x128x3_float32.npy", pictures)
    given = [f"{name}:{','.join(map(str, value.shape))}" for name, value in models.inputs(source, sizes).items()]
    reason = attempt([str(program), "-n", "-dsm", "-i", str(source), "-o", str(target.parent), "-ois", *given],
                     target.parent, ENCODER_LIMIT if sizes["length"] else LIMIT)
    made = target.parent / f"{source.stem}_float32.tflite"
    if made.exists():
        made.replace(target)
    return reason


def forget_failures(folder):
    """Lets everything that failed be tried again."""
    for mark in [*folder.glob("converted/*/*/reason"), *folder.glob("converted/*/*.slow")]:
        mark.unlink()


CONVERTERS = {".mnn": to_mnn, ".ncnn": to_ncnn, ".tflite": to_litert}


def converted(folder, engine, row):
    """The converted file's path, or else None and the reason."""
    if not engine.converted:
        return None, None
    if row.kind == "int8" and engine.converted != ".mnn":
        return None, "its converter does not take 8-bit models"
    source = models.model_path(folder / "models", row.model, row.batch).resolve()
    # MNN's files fit every size; the others are made for one.
    fixed = row.length and engine.converted != ".mnn"
    place = folder / "converted" / engine.name / (source.stem + (f".length{row.length}" if fixed else ""))
    target, reason = place / f"{source.stem}{engine.converted}", place / "reason"
    made = target.with_name(target.name + ".bin") if engine.converted == ".ncnn" else target
    # A model whose conversion never ends at one size is not tried at others.
    slow = place.parent / f"{row.model}.slow"
    if slow.exists() and not made.exists():
        return None, SLOW
    if not made.exists() and not reason.exists():
        print(f"    converting {source.stem} for {engine.title}", flush=True)
        place.mkdir(parents=True, exist_ok=True)
        why = CONVERTERS[engine.converted](source, target, {"batch": row.batch, "length": row.length})
        if not made.exists() and why == SLOW:
            slow.touch()
            return None, SLOW
        if not made.exists():
            reason.write_text(why or "its converter writes nothing")
    return (str(target), None) if made.exists() else (None, reason.read_text())
