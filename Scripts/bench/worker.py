# Part of Apus, Apache-2.0.
# SPDX-License-Identifier: Apache-2.0

"""A process for one peer, model and number of threads; speaks as `apus bench --worker` does.

It is given a task in JSON, loads, runs once and prints a line about that; then it answers every line
"run SECONDS LEAST" with the nanoseconds of each run, until "quit" or the end of the input.
"""

import ctypes
import importlib
import json
import os
import signal
import sys
import time

import numpy


def peak_megabytes():
    """The most memory this process has had."""
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) / 1024 for line in status if line.startswith("VmHWM"))


def measured(run, seconds, least):
    """The nanoseconds of each of many runs."""
    clock, times = time.perf_counter_ns, []
    end = clock() + int(seconds * 1e9)
    now = clock()
    while len(times) < least or now < end:
        begin = clock()
        run()
        now = clock()
        times.append(now - begin)
    return times


def serve(task, answer):
    """Loads, then answers."""
    with numpy.load(task["inputs"]) as file:
        inputs = {name: file[name] for name in task["names"]}
    marks = [time.perf_counter()]
    engine = importlib.import_module("engines." + task["module"])
    marks.append(time.perf_counter())
    imported = peak_megabytes()
    run, outputs = engine.load(task, inputs)
    marks.append(time.perf_counter())
    run()
    marks.append(time.perf_counter())
    peak = peak_megabytes()
    if task["results"]:
        named = zip(task["outputs"], outputs(), strict=False)
        numpy.savez(task["results"], **{name: numpy.asarray(value, numpy.float32) for name, value in named})
    spans = [1000 * (after - before) for before, after in zip(marks, marks[1:])]
    answer({"import_ms": spans[0], "load_ms": spans[1], "first_ms": spans[2], "import_rss": imported, "rss": peak})
    for line in sys.stdin:
        words = line.split()
        if words[0] != "run":
            break
        answer({"ns": measured(run, float(words[1]), int(words[2]))})


def main():
    # Never to outlive the driver.
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)
    channel = os.fdopen(os.dup(1), "w", buffering=1)
    # What an engine prints is not an answer.
    os.dup2(2, 1)

    def answer(value):
        channel.write(json.dumps(value) + "\n")

    try:
        serve(json.loads(sys.argv[1]), answer)
    except Exception as error:
        answer({"error": f"{type(error).__name__}: {error}"[:300]})
    channel.flush()
    # Some engines do not come back from their own ends.
    os._exit(0)


main()
