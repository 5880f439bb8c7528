# Part of Apus, Apache-2.0.
# SPDX-License-Identifier: Apache-2.0

"""Drives a server with the real perf_analyzer in every way it can; the last line counts checks: passed failed skipped.

Arguments: the apus tool, a folder of models, perf_analyzer and a folder of libraries it needs.
"""

import itertools
import os
import re
import subprocess
import sys
import urllib.request

from serve_process import Server

# Short windows whose spread does not matter: what counts is that every request is answered.
WINDOW = ["--measurement-interval", "200", "--stability-percentage", "999", "--max-trials", "4"]


def cases():
    """Name and options of each run."""
    for protocol, mode, memory, batch in itertools.product(
            ("http", "grpc"), ("sync", "async"), ("none", "system"), (1, 4)):
        yield f"{protocol} {mode}, shared memory {memory}, batch {batch}", protocol, [
            f"--{mode}", "--shared-memory", memory, "-b", str(batch), "--concurrency-range", "2"]
    yield "grpc streaming", "grpc", ["--async", "--streaming", "--concurrency-range", "4"]
    yield "grpc streaming in shared memory", "grpc", [
        "--async", "--streaming", "--shared-memory", "system", "--concurrency-range", "2"]
    for protocol in ("http", "grpc"):
        yield f"{protocol} by count", protocol, [
            "--measurement-mode", "count_windows", "--measurement-request-count", "40", "--concurrency-range", "2"]
        yield f"{protocol} at a rate", protocol, ["--async", "--request-rate-range", "200"]
        yield f"{protocol} with metrics", protocol, ["--async", "--concurrency-range", "2", "--collect-metrics",
                                                     "--metrics-url", "METRICS/metrics", "--metrics-interval", "50"]
        yield f"{protocol} by percentile", protocol, ["--percentile", "99", "--concurrency-range", "1:2"]
    yield "http with JSON tensors", "http", ["--input-tensor-format", "json", "--output-tensor-format", "json",
                                             "--concurrency-range", "2"]
    yield "grpc with compression", "grpc", ["--grpc-compression-algorithm", "gzip", "--concurrency-range", "2"]


def counter(address, name):
    """The sum of a metric."""
    with urllib.request.urlopen(f"http://{address}/metrics", timeout=20) as answer:
        text = answer.read().decode()
    return sum(float(line.rsplit(" ", 1)[1]) for line in text.splitlines() if re.match(rf"{name}[{{ ]", line))


def main():
    """Runs all cases against one server."""
    tool, models, analyzer, libraries = sys.argv[1:5]
    environment = {**os.environ, "LD_LIBRARY_PATH": libraries}
    counts = [0, 0, 0]
    with Server(tool, models, "--allow-client-shm") as server:
        for name, protocol, options in cases():
            address = server.http if protocol == "http" else server.grpc
            options = [one.replace("METRICS", server.metrics) for one in options]
            before = counter(server.metrics, "nv_inference_request_success")
            try:
                run = subprocess.run(
                    [analyzer, "-m", "add", "-i", protocol, "-u", address, *WINDOW, *options], env=environment,
                    capture_output=True, text=True, timeout=60, check=False)
                code, output = run.returncode, run.stdout + run.stderr
            except subprocess.TimeoutExpired as error:
                code, output = "no end", str(error)
            rates = [float(rate) for rate in re.findall(r"throughput: ([0-9.e+]+) infer/sec", output)]
            done = counter(server.metrics, "nv_inference_request_success") - before
            is_good = code == 0 and rates and min(rates) > 0 and done >= 40
            counts[0 if is_good else 1] += 1
            if not is_good:
                print(f"    {name}: exit {code}, rates {rates}, {done} requests\n{output[-1500:]}")
        failures = counter(server.metrics, "nv_inference_request_failure")
        counts[0 if failures == 0 else 1] += 1
        if failures:
            print(f"    {failures} requests failed")
    counts[0 if server.process.returncode == 0 else 1] += 1
    print(*counts)


if __name__ == "__main__":
    main()
