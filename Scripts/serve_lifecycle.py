# Part of Apus, Apache-2.0.
# SPDX-License-Identifier: Apache-2.0

"""Starts the server in every way it can be started, and stops it; the last line counts checks: passed failed skipped.

Arguments: the apus binary, the folder of models, a folder to work in.
"""

import json
import os
import pathlib
import shutil
import signal
import socket
import sys
import time
import urllib.error
import urllib.request

import serve_process
from onnx_writer import Graph

counts = [0, 0, 0]


def check(name, is_good, found=""):
    counts[0 if is_good else 1] += 1
    if not is_good:
        print(f"    {name}: FAILED {found}")


def ask(address, path, body=None):
    """Status and JSON of an answer."""
    request = urllib.request.Request(f"http://{address}{path}", data=body)
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, json.loads(answer.read() or b"null")
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read() or b"null")


def explicit(tool, models):
    """Models that are loaded when asked for."""
    with serve_process.Server(tool, models, "--model-control-mode", "explicit", "--load-model", "add") as server:
        http = server.http
        check("one is loaded", ask(http, "/v2/models/add/ready")[0] == 200)
        check("another is not", ask(http, "/v2/models/image/ready")[0] == 400)
        check("it can be loaded", ask(http, "/v2/repository/models/image/load", b"{}")[0] == 200)
        check("and is ready then", ask(http, "/v2/models/image/ready")[0] == 200)
        check("nobody cannot be loaded", ask(http, "/v2/repository/models/nobody/load", b"")[0] >= 400)
        configuration = json.dumps({"parameters": {"config": '{"max_batch_size": 2}'}}).encode()
        check("it takes a configuration", ask(http, "/v2/repository/models/add/load", configuration)[0] == 200)
        check("which it shows", ask(http, "/v2/models/add/config")[1]["max_batch_size"] == 2)
        check("it can be unloaded", ask(http, "/v2/repository/models/image/unload", b"{}")[0] == 200)
        check("and is not ready then", ask(http, "/v2/models/image/ready")[0] == 400)
        check("the server stays ready", ask(http, "/v2/health/ready")[0] == 200)


def stop(tool, models):
    """The first signal, and the second."""
    with serve_process.Server(tool, models) as server:
        server.process.send_signal(signal.SIGTERM)
        check("it ends with 0", server.process.wait(timeout=20) == 0, server.process.returncode)
        check("it says so", server.output()[-1] == "stopped", server.output()[-3:])
    with serve_process.Server(tool, models) as server:
        server.process.send_signal(signal.SIGINT)
        check("it ends with 0 at Ctrl-C", server.process.wait(timeout=20) == 0, server.process.returncode)
    busy = socket.create_server(("127.0.0.1", 0))
    port = busy.getsockname()[1]
    server = serve_process.start(tool, models, "--http-port", str(port), "--grpc-port", "0", "--metrics-port", "0")
    check("a port that is taken ends it with 1", server.wait(timeout=30) == 1, server.returncode)
    check("it says which", f"127.0.0.1:{port}" in server.stderr.read())


def sockets(tool, models, folder):
    """HTTP over a Unix socket, and one model file alone."""
    path = folder / "http.socket"
    with serve_process.Server(tool, models / "add.onnx", "--http-socket", str(path)):
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(str(path))
            connection.sendall(b"GET /v2/models/add/ready HTTP/1.1\r\nHost: x\r\n\r\n")
            check("a Unix socket answers", connection.recv(4096).startswith(b"HTTP/1.1 200"))


def resident(server):
    """The bytes a server has in memory."""
    with open(f"/proc/{server.process.pid}/statm") as numbers:
        return int(numbers.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def memory(tool, folder):
    """Models that come and go: within a budget, and two hundred times."""
    models = folder / "heavy"
    os.makedirs(models)
    for name in ("a", "b", "c"):
        graph = Graph(name)
        graph.weight("w", [1024, 2048], bytes(1024 * 2048 * 4))
        graph.node("MatMul", ["INPUT0", "w"], "OUTPUT0")
        model = graph.model([("INPUT0", ["batch", 1024])], [("OUTPUT0", ["batch", 2048])], 21, 10, "apus tests")
        (models / f"{name}.onnx").write_bytes(model)
    body = json.dumps({"inputs": [
        {"name": "INPUT0", "shape": [1, 1024], "datatype": "FP32", "data": [1.0] * 1024}]}).encode()
    with serve_process.Server(tool, models, "--memory-budget", "24MB", "--pin", "c") as server:
        http = server.http
        check("a model is ready before it is loaded", ask(http, "/v2/models/a/ready")[0] == 200)
        for name in "abab":
            check("it is loaded when asked", ask(http, f"/v2/models/{name}/infer", body)[0] == 200)
        index = {entry["name"]: entry for entry in ask(http, "/v2/repository/index", b"{}")[1]}
        check("one had to go", index["a"]["state"] == "UNAVAILABLE" and "evicted" in index["a"]["reason"], index)
        check("two are there", index["b"]["state"] == index["c"]["state"] == "READY", index)
    with serve_process.Server(tool, models, "--model-control-mode", "explicit") as server:
        sizes = []
        for _ in range(200):
            ask(server.http, "/v2/repository/models/a/load", b"{}")
            ask(server.http, "/v2/models/a/infer", body)
            ask(server.http, "/v2/repository/models/a/unload", b"{}")
            sizes.append(resident(server))
        check("200 loads leave nothing", max(sizes[100:]) < max(sizes[20:100]) + (4 << 20), sizes[::20])


def expectation(tool, models):
    """A body that waits to be asked for."""
    with serve_process.Server(tool, models / "add.onnx") as server:
        host, port = server.http.rsplit(":", 1)
        with socket.create_connection((host, int(port)), timeout=20) as connection:
            body = b'{"inputs":[]}'
            connection.sendall(
                b"POST /v2/models/add/infer HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n"
                b"Content-Length: %d\r\n\r\n" % len(body))
            check("the body is asked for", connection.recv(4096).startswith(b"HTTP/1.1 100"))
            connection.sendall(body)
            check("and answered", connection.recv(4096).startswith(b"HTTP/1.1 400"))
        with socket.create_connection((host, int(port)), timeout=20) as connection:
            body = b'{"inputs":[]}'
            connection.sendall(b"POST /v2/models/add/infer HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
            for byte in body:
                connection.sendall(b"1\r\n%c\r\n" % byte)
                time.sleep(0)
            connection.sendall(b"0\r\n\r\n")
            check("a body in single bytes is answered", connection.recv(4096).startswith(b"HTTP/1.1 400"))


def diagnostics(tool, models, folder):
    """A line for each request, and traces in a file."""
    one = {"shape": [1, 4], "datatype": "FP32", "data": [1, 2, 3, 4]}
    body = json.dumps({"id": "seven", "inputs": [{"name": name, **one} for name in ("INPUT0", "INPUT1")]}).encode()
    trace = folder / "trace.json"
    with serve_process.Server(
            tool, models / "add.onnx", "--log-verbose", "1", "--trace-config", f"triton,file={trace}",
            "--trace-config", "level=TIMESTAMPS", "--trace-config", "rate=2") as server:
        for _ in range(4):
            check("a request is answered", ask(server.http, "/v2/models/add/infer", body)[0] == 200)
        quiet = json.dumps({"log_verbose_level": 0}).encode()
        check("lines can be switched off", ask(server.http, "/v2/logging", quiet)[1]["log_verbose_level"] == 0)
        check("and then there are none", ask(server.http, "/v2/models/add/infer", body)[0] == 200)
    lines = [line for line in server.process.stderr.read().splitlines() if "] infer model=add" in line]
    check("each has its line", len(lines) == 4, lines)
    check("which tells where its time went", all(
        "status=OK queue_us=" in line and "compute_us=" in line and line.endswith("id=seven") for line in lines), lines)
    records = json.loads(trace.read_text(encoding="utf-8"))
    check("one in two is traced", sum("model_name" in record for record in records) == 2, records)
    names = [stamp["name"] for stamp in records[1]["timestamps"]]
    check("with its stages", names[0] == "REQUEST_START" and names[-1] == "REQUEST_END" and len(names) == 8, names)


def main():
    tool, models, folder = sys.argv[1], pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    explicit(tool, models)
    stop(tool, models)
    sockets(tool, models, folder)
    expectation(tool, models)
    diagnostics(tool, models, folder)
    memory(tool, folder)
    print(*counts)


main()
