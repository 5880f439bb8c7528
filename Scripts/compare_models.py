#!/usr/bin/env python3
# Part of Apus, Apache-2.0.
# SPDX-License-Identifier: Apache-2.0

"""Runs `apus compare` with ONNX Runtime as the reference on every fetched model, and counts.

    compare_models.py APUS CACHE

The values between the nodes are compared too and the first that departs is named, which is no failure: a logarithm
near nothing, for one, makes much of a last bit. A model of 8 bits is compared by its outputs alone, within the step
that expected_outputs.py wrote: to look inside is to keep ONNX Runtime from fusing, which moves roundings. The last
line is: passed failed skipped.
"""

import json
import pathlib
import subprocess
import sys

import numpy


def compare(tool, model, inputs, step):
    """What the tool says of one model, and whether it agrees."""
    command = [tool, "compare", str(model), "--inputs", str(inputs), "--against", "onnxruntime", "--json"]
    if step.exists():
        command += ["--rtol", "0", "--atol", str(max(float(one) for one in numpy.load(step).values()) * 1.001)]
    else:
        command += ["--every-node"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode not in (0, 2):
        return False, (done.stdout + done.stderr).strip()
    report = json.loads(done.stdout)
    worst = max(one["max_rel"] for one in report["outputs"])
    departure = report.get("first_departure")
    text = f"{worst:.1e} of the largest value" + (f"; inside, {departure['name']} departs first" if departure else "")
    return all(one["agrees"] for one in report["outputs"]), text


def main():
    tool, cache = sys.argv[1], pathlib.Path(sys.argv[2])
    counts, seen = [0, 0, 0], set()
    for inputs in sorted((cache / "expected").glob("*.in.npz")):
        name, case = inputs.name.removesuffix(".in.npz").split(".")
        if name in seen:
            continue
        seen.add(name)
        step = inputs.with_name(f"{name}.{case}.step.npz")
        agrees, text = compare(tool, cache / "models" / f"{name}.onnx", inputs, step)
        print(f"    {name}: {'agrees' if agrees else 'DIFFERS'}, {text}", flush=True)
        counts[0 if agrees else 1] += 1
    print(*counts)


main()
