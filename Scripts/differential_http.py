# Part of Apus, Apache-2.0.
# SPDX-License-Identifier: Apache-2.0

"""The requests over HTTP that both servers get, good and bad: name, method, path, fields and body of each."""

import base64
import gzip
import json
import struct
import zlib

import serve_malformed

LENGTH = "Inference-Header-Content-Length"
VALUES = {
    "BOOL": [True, False, True], "UINT8": [0, 255, 7], "INT32": [-2147483648, 2147483647, 7],
    "INT64": [-9223372036854775808, 9223372036854775807, 7], "UINT64": [0, 18446744073709551615, 7],
    "FP32": [0.1, -3.4028235e38, 1e-45], "FP64": [0.1, -1.7976931348623157e308, 5e-324],
    "BYTES": ["one", "", "zwölf ∑"],
}
PACKED = {
    "BOOL": "<3?", "UINT8": "<3B", "INT32": "<3i", "INT64": "<3q", "UINT64": "<3Q", "FP16": "<3e", "FP32": "<3f",
    "FP64": "<3d",
}
NUMBERS = struct.pack("<4f", 1, 2.5, -3, 4)


def packed(kind, values):
    """The elements of a tensor in their binary form."""
    if kind != "BYTES":
        return struct.pack(PACKED[kind], *values)
    parts = [value.encode() for value in values]
    return b"".join(struct.pack("<I", len(part)) + part for part in parts)


def routes():
    """Every route with every method, without a body."""
    models = ["", "/versions/1", "/versions/9", "/versions/x"]
    paths = ["/", "/v2", "/v3", "/v2/x", "/v2/health", "/v2/health/live", "/v2/health/ready", "/v2/models/stats",
             "/v2/models", "/v2/repository/index", "/v2/repository/r/index", "/v2/repository/models/nobody/load",
             "/v2/repository/models/nobody/unload", "/v2/repository/r/models/nobody/load",
             "/v2/trace/setting", "/v2/models/add/trace/setting", "/v2/models/nobody/trace/setting", "/v2/logging",
             "/v2/systemsharedmemory/status", "/v2/systemsharedmemory/region/r/status",
             "/v2/systemsharedmemory/region/r/register", "/v2/systemsharedmemory/unregister",
             "/v2/systemsharedmemory/region/r/unregister", "/v2/cudasharedmemory/status",
             "/v2/cudasharedmemory/region/r/status", "/v2/cudasharedmemory/region/r/register",
             "/v2/cudasharedmemory/unregister", "/v2/cudasharedmemory/region/r/unregister",
             "/v2/models/add?x=y", "/v2/models/a%64d", "/v2//models/add", "/v2/models/add/nothing"]
    for model in ("add", "nobody"):
        for version in models:
            for rest in ("", "/ready", "/config", "/stats", "/infer", "/generate", "/generate_stream"):
                paths.append(f"/v2/models/{model}{version}{rest}")
    for path in paths:
        for method in ("GET", "POST", "PUT", "DELETE"):
            yield f"{method} {path}", method, path, {}, b""
    for method in ("HEAD", "OPTIONS", "PATCH"):
        for path in ("/v2", "/v2/health/ready", "/v2/models/add/infer"):
            yield f"{method} {path}", method, path, {}, b""
    yield "GET /v2/", "GET", "/v2/", {}, b""


def described():
    """What each model says of itself."""
    for model in ("identity_fp32", "identity_bytes", "add", "fixed", "versions", "classifier"):
        for rest in ("", "/config", "/ready"):
            yield f"{model}{rest}", "GET", f"/v2/models/{model}{rest}", {}, b""
    for version in ("1", "3", "2", "0", "01", "-1", "99999999999999999999"):
        for rest in ("", "/config", "/ready", "/stats"):
            path = f"/v2/models/versions/versions/{version}{rest}"
            yield path, "GET", path, {}, b""


def post(name, model, body, tail=b"", path="infer", **fields):
    """A request to a model, of JSON with a binary tail."""
    text = body if isinstance(body, bytes) else json.dumps(body).encode()
    if tail or fields.pop("counted", False):
        fields[LENGTH] = str(len(text))
    return name, "POST", f"/v2/models/{model}/{path}", {key.replace("_", "-"): one for key, one in fields.items()}, (
        text + tail)


def tensor(name, kind, shape, data=None, size=None):
    """An input."""
    one = {"name": name, "shape": shape, "datatype": kind}
    if data is not None:
        one["data"] = data
    if size is not None:
        one["parameters"] = {"binary_data_size": size}
    return one


def inference():
    """Good requests of every form."""
    for kind in VALUES:
        model, values = f"identity_{kind.lower()}", VALUES[kind]
        shape = [1, 3]
        plain, binary = [tensor("INPUT0", kind, shape, values)], packed(kind, values)
        counted = [tensor("INPUT0", kind, shape, size=len(binary))]
        all_binary = {"binary_data_output": True}
        yield post(f"{kind} JSON", model, {"inputs": plain})
        yield post(f"{kind} nested", model, {"inputs": [tensor("INPUT0", kind, shape, [values])]})
        yield post(f"{kind} rows", model, {"inputs": [tensor("INPUT0", kind, [3, 1], [[one] for one in values])]})
        yield post(f"{kind} JSON, length given", model, {"inputs": plain}, counted=True)
        yield post(f"{kind} JSON to binary", model, {"inputs": plain, "parameters": all_binary})
        yield post(f"{kind} binary to JSON", model, {"inputs": counted}, binary)
        yield post(f"{kind} binary", model, {"inputs": counted, "parameters": all_binary}, binary)
        yield post(f"{kind} binary output", model, {
            "inputs": counted, "outputs": [{"name": "OUTPUT0", "parameters": {"binary_data": True}}]}, binary)
        yield post(f"{kind} empty", model, {"inputs": [tensor("INPUT0", kind, [1, 0], [])]})
        yield post(f"{kind} empty binary", model, {
            "inputs": [tensor("INPUT0", kind, [1, 0], [])], "parameters": all_binary})
        yield post(f"{kind} one element", model, {"inputs": [tensor("INPUT0", kind, [1, 1], values[:1])]})
        if kind != "BYTES":
            yield (f"{kind} raw", "POST", f"/v2/models/{model}/infer", {LENGTH: "0"}, binary)
    half = struct.pack("<3e", 0.1, -65504, 6e-8)
    yield post("FP16 binary", "identity_fp16", {
        "inputs": [tensor("INPUT0", "FP16", [1, 3], size=6)], "parameters": {"binary_data_output": True}}, half)
    yield post("FP16 JSON in", "identity_fp16", {
        "inputs": [tensor("INPUT0", "FP16", [1, 3], [1, 2, 3])], "parameters": {"binary_data_output": True}})
    yield post("FP16 JSON out", "identity_fp16", {"inputs": [tensor("INPUT0", "FP16", [1, 3], size=6)]}, half)
    for batch in (1, 2, 4, 5):
        inputs = [tensor(name, "FP32", [batch, 4], list(range(4 * batch))) for name in ("INPUT0", "INPUT1")]
        yield post(f"batch of {batch}", "add", {"inputs": inputs})
        yield post(f"batch of {batch}, inputs turned", "add", {"inputs": inputs[::-1]})
    yield post("nothing but numbers", "fixed", {"inputs": [
        tensor(name, "FP32", [2, 3], [0, -0.0, 1e10, 16777217, 1e-10, 123456.789]) for name in ("INPUT0", "INPUT1")]})
    yield post("no number", "identity_fp32", b'{"inputs":[{"name":"INPUT0","shape":[1,3],"datatype":"FP32",'
               b'"data":[NaN,Infinity,-Infinity]}]}')
    for version in ("1", "3", "2"):
        one = {"inputs": [tensor("INPUT0", "INT32", [2], [1, 2])]}
        yield post(f"version {version}", f"versions/versions/{version}", one)
    yield post("the newest version", "versions", {"inputs": [tensor("INPUT0", "INT32", [2], [1, 2])]})


def options():
    """Requests that ask for something."""
    inputs = [tensor("INPUT0", "FP32", [1, 4], [1, 2, 3, 4]), tensor("INPUT1", "FP32", [1, 4], [4, 3, 2, 1])]
    for key in ("", "a", "ä\"\\\n", "x" * 300):
        yield post(f"id {key[:9]!r}", "add", {"id": key, "inputs": inputs})
        yield post(f"id {key[:9]!r} of a bad request", "add", {"id": key, "inputs": inputs[:1]})
    for values in ({"timeout": 5_000_000}, {"priority": 1}, {"priority": 0}, {"sequence_id": 5, "sequence_start": True},
                   {"sequence_id": "five"}, {"custom": "text", "count": 3, "flag": True, "ratio": 0.5},
                   {"binary_data_output": False}, {"binary_data_output": True}, {"triton_x": 1},
                   {"triton_enable_empty_final_response": True}, {"custom": []}, {"custom": {}}, {"custom": None}, {}):
        yield post(f"parameters {json.dumps(values)}", "add", {"inputs": inputs, "parameters": values})
    for wanted in ([], [{"name": "OUTPUT0"}], [{"name": "OUTPUT1"}, {"name": "OUTPUT0"}],
                   [{"name": "OUTPUT0"}, {"name": "OUTPUT0"}], [{"name": "OUTPUT0", "parameters": {}}],
                   [{"name": "OUTPUT0", "parameters": {"binary_data": True}}, {"name": "OUTPUT1"}],
                   [{"name": "OUTPUT0", "parameters": {"binary_data": False}}]):
        yield post(f"outputs {json.dumps(wanted)}", "add", {"inputs": inputs, "outputs": wanted})
        yield post(f"outputs {json.dumps(wanted)}, all binary", "add", {
            "inputs": inputs, "outputs": wanted, "parameters": {"binary_data_output": True}})
    yield post("unknown keys", "add", {
        "inputs": [{**one, "x": [{}]} for one in inputs], "model_name": "x", "y": {"z": 1}})
    scores = [tensor("INPUT0", "FP32", [2, 3], [0.5, 3.3, 1, 9, 1e-7, 1e20])]
    for count in (1, 2, 3, 9):
        for binary in (False, True):
            yield post(f"{count} classes, binary {binary}", "classifier", {"inputs": scores, "outputs": [
                {"name": "OUTPUT0", "parameters": {"classification": count, "binary_data": binary}}]})
    for count in (0, -1, 1.5, "2", 10**7):
        yield post(f"{count} classes", "classifier", {"inputs": scores, "outputs": [
            {"name": "OUTPUT0", "parameters": {"classification": count}}]})
    for kind in ("INT32", "UINT8", "FP64"):
        yield post(f"classes of {kind}", f"identity_{kind.lower()}", {
            "inputs": [tensor("INPUT0", kind, [1, 3], [7, 9, 8])],
            "outputs": [{"name": "OUTPUT0", "parameters": {"classification": 2}}]})
    yield "a raw string", "POST", "/v2/models/identity_bytes/infer", {LENGTH: "0"}, b"cat"


def compressed():
    """Requests that are packed and ask for packed answers."""
    body = json.dumps({"inputs": [tensor("INPUT0", "FP32", [1, 2000], [0.5] * 2000)]}).encode()
    for name, pack in (("gzip", gzip.compress), ("deflate", zlib.compress), ("identity", bytes), ("br", bytes)):
        yield post(f"packed by {name}", "identity_fp32", pack(body), Content_Encoding=name)
    yield post("packed twice", "identity_fp32", gzip.compress(gzip.compress(body)), Content_Encoding="gzip, gzip")
    yield post("packed by none", "identity_fp32", body, Content_Encoding="gzip")
    for wish in ("gzip", "deflate", "gzip;q=0.5, deflate", "identity", "*", "gzip;q=0", "br", "br, gzip",
                 "deflate, gzip",                 "identity;q=0.5, gzip;q=0.4"):
        yield post(f"accepts {wish}", "identity_fp32", body, Accept_Encoding=wish)
    text = json.dumps({"inputs": [tensor("INPUT0", "FP32", [1, 4], size=16)], "parameters": {
        "binary_data_output": True}}).encode()
    yield ("packed binary tensors", "POST", "/v2/models/identity_fp32/infer", {
        "Content-Encoding": "gzip", LENGTH: str(len(text))}, gzip.compress(text + NUMBERS))
    yield post("packed generate", "identity_fp32", gzip.compress(b"{}"), path="generate", Content_Encoding="gzip")


def generate():
    """Requests of plain values."""
    for path in ("generate", "generate_stream"):
        for body in ({"INPUT0": "text"}, {"INPUT0": ["a", "b"]}, {"INPUT0": "x", "parameters": {"y": 1}}, {"INPUT0": 5},
                     {}, {"INPUT0": "x", "id": "7"}, {"INPUT0": "x", "z": [1]}, {"nothing": 1}):
            yield post(f"{path} {json.dumps(body)}", "identity_bytes", body, path=path)
        yield post(f"{path} numbers", "add", {"INPUT0": [1, 2, 3, 4], "INPUT1": [1, 1, 1, 1]}, path=path)
        yield post(f"{path} bad text", "add", b"{", path=path)
        yield post(f"{path} of nobody", "nobody", {"a": 1}, path=path)


def bad():
    """Requests that are wrong, but for those that Triton 2.51 does not survive."""
    for name, body in serve_malformed.json_cases():
        if not name.startswith(("deep", "many")):
            yield post(f"bad: {name}", "add", body)
    for name, body, length in serve_malformed.binary_cases():
        yield (f"bad: {name}", "POST", "/v2/models/add/infer", {LENGTH: str(length)}, body)
    for kind, values in {
        "UINT8": [300, -1, 1.5, "1", True], "INT32": [2**31, 1.5, "1"], "INT64": [2**63, 1e3], "UINT64": [-1, 2**64],
        "BOOL": [1, "true", 0], "FP32": ["1", True, 1e39], "FP64": [None], "BYTES": [1, None, True],
    }.items():
        for value in values:
            yield post(f"bad: {value!r} in {kind}", f"identity_{kind.lower()}", {
                "inputs": [tensor("INPUT0", kind, [1, 1], [value])]})
    for size in (0, 3, 4, 5, 8):
        text = json.dumps({"inputs": [tensor("INPUT0", "BYTES", [1, 1], size=size)]}).encode()
        yield post(f"bad: {size} bytes of strings", "identity_bytes", text, struct.pack("<I", 4) + b"cats"[:size - 4])
    for length in (5, 12, 0):
        yield (f"raw, {length} bytes", "POST", "/v2/models/identity_fp32/infer", {LENGTH: "0"}, bytes(length))


def memory():
    """System shared memory: the objects have 64 bytes each, of which the first 32 are eight numbers."""
    base = "/v2/systemsharedmemory"

    def register(name, body):
        return f"register {name} {body}", "POST", f"{base}/region/{name}/register", {}, json.dumps(body).encode()

    key = "/apus_differential_KEY"
    yield "unregister all", "POST", f"{base}/unregister", {}, b""
    yield "unregister all of devices", "POST", "/v2/cudasharedmemory/unregister", {}, b""
    yield register("r", {"key": key, "offset": 0, "byte_size": 64})
    yield register("r", {"key": key, "offset": 0, "byte_size": 64})
    yield register("s", {"key": key + "2", "byte_size": 32})
    yield register("t", {"key": key + "3", "byte_size": 64})
    yield register("within", {"key": key + "3", "offset": 32, "byte_size": 32})
    yield "unregister within", "POST", f"{base}/region/within/unregister", {}, b""
    for body in ({}, {"key": key}, {"byte_size": 5}, {"key": "/nothing_KEY", "byte_size": 5},
                 {"key": key, "byte_size": 10**9}, {"key": 5, "byte_size": 5}, {"key": key, "byte_size": -1},
                 {"key": key, "byte_size": "5"}, {"key": "", "byte_size": 5}):
        yield register("u", body)
    yield "status", "GET", f"{base}/status", {}, b""
    yield "status of one", "GET", f"{base}/region/t/status", {}, b""

    def shared(offset=0, size=16, region="r"):
        return {"shared_memory_region": region, "shared_memory_offset": offset, "shared_memory_byte_size": size}

    def inputs(*places):
        return [{"name": f"INPUT{index}", "shape": [1, 4], "datatype": "FP32", "parameters": place}
                for index, place in enumerate(places)]

    yield post("shared inputs", "add", {"inputs": inputs(shared(), shared(16))})
    yield post("shared inputs and outputs", "add", {"inputs": inputs(shared(), shared(16)), "outputs": [
        {"name": "OUTPUT0", "parameters": shared(0, 16, "t")}, {"name": "OUTPUT1", "parameters": shared(16, 16, "t")}]})
    yield post("what was written", "add", {"inputs": inputs(shared(0, 16, "t"), shared(16, 16, "t"))})
    for place in (shared(60), shared(64), shared(0, 12), shared(0, 20), shared(0, 16, "nobody"), shared(2**62, 16),
                  {"shared_memory_region": "r"}, {"shared_memory_byte_size": 16}, shared(-1), shared("0")):
        yield post(f"input in {place}", "add", {"inputs": inputs(shared(), place)})
        yield post(f"output in {place}", "add", {
            "inputs": inputs(shared(), shared(16)), "outputs": [{"name": "OUTPUT0", "parameters": place}]})
    yield post("shared and classes", "add", {"inputs": inputs(shared(), shared(16)), "outputs": [
        {"name": "OUTPUT0", "parameters": {**shared(), "classification": 1}}]})
    yield post("shared and binary", "add", {"inputs": inputs(shared(), shared(16)), "outputs": [
        {"name": "OUTPUT0", "parameters": {**shared(), "binary_data": True}}]})
    yield "unregister one", "POST", f"{base}/region/s/unregister", {}, b""
    yield "unregister it again", "POST", f"{base}/region/s/unregister", {}, b""
    yield "status of what is left", "GET", f"{base}/status", {}, b""
    yield "unregister the rest", "POST", f"{base}/unregister", {}, b""
    handle = {"raw_handle": {"b64": base64.b64encode(bytes(64)).decode()}, "device_id": 0, "byte_size": 64}
    yield ("register device memory", "POST", "/v2/cudasharedmemory/region/d/register", {},
           json.dumps(handle).encode())


def settings():
    """Traces and logs."""
    for path in ("/v2/trace/setting", "/v2/models/add/trace/setting"):
        for body in ({"trace_rate": "5"}, {"trace_count": "7", "log_frequency": "2"}, {"trace_rate": None},
                     {"trace_level": ["OFF"]}, {"trace_level": ["TIMESTAMPS"]}, {"trace_level": ["X"]},
                     {"trace_level": "OFF"}, {"trace_rate": "x"}, {"trace_rate": 5},
                     {"trace_count": "-2"}, {"trace_count": "-1"}, {"trace_file": "x"}, {"trace_mode": "triton"}, {},
                     {"x": "1"}, {"trace_level": None, "trace_rate": None, "trace_count": None, "log_frequency": None}):
            yield f"{path} {json.dumps(body)}", "POST", path, {}, json.dumps(body).encode()
            yield f"{path} after {json.dumps(body)}", "GET", path, {}, b""
    for body in ({"log_verbose_level": 1}, {"log_verbose_level": 0}, {"log_info": False}, {"log_info": True},
                 {"log_warning": False, "log_error": True}, {"log_warning": True}, {"log_file": "x"}, {"log_info": 5},
                 {"log_verbose_level": -1}, {"log_verbose_level": "1"}, {"log_format": "ISO8601"},
                 {"log_format": "default"}, {"log_format": "x"}, {"x": True}, {}):
        yield f"/v2/logging {json.dumps(body)}", "POST", "/v2/logging", {}, json.dumps(body).encode()


def repository():
    """The index, and models that come and go."""
    for body in (b"", b"{}", b'{"ready":true}', b'{"ready":false}', b'{"ready":1}', b"{", b"[]", b'""'):
        yield f"index {body}", "POST", "/v2/repository/index", {}, body

    def change(name, model, what, body=None):
        text = b"" if body is None else json.dumps(body).encode()
        return name, "POST", f"/v2/repository/models/{model}/{what}", {}, text

    yield change("unload", "fixed", "unload")
    yield "wait", "WAIT", "fixed", {}, b""
    yield "unloaded", "GET", "/v2/models/fixed", {}, b""
    yield "unloaded, ready", "GET", "/v2/models/fixed/ready", {}, b""
    yield "unloaded, configuration", "GET", "/v2/models/fixed/config", {}, b""
    yield "unloaded, statistics", "GET", "/v2/models/fixed/stats", {}, b""
    yield post("unloaded, inference", "fixed", {"inputs": []})
    yield "index without it", "POST", "/v2/repository/index", {}, b""
    yield "index of what is ready", "POST", "/v2/repository/index", {}, b'{"ready":true}'
    yield change("unload again", "fixed", "unload", {"parameters": {"unload_dependents": False}})
    yield change("unload nobody", "nobody", "unload")
    yield change("load", "fixed", "load", {})
    yield "loaded", "GET", "/v2/models/fixed/ready", {}, b""
    yield change("load again", "fixed", "load", {"parameters": {}})
    yield change("load nobody", "nobody", "load")
    for values in ({"x": "y"}, {"config": 5}, {"config": "{"}, {"config": '{"max_batch_size":"x"}'},
                   {"file:1/model.onnx": "@"}, 5):
        yield change(f"load with {values}", "fixed", "load", {"parameters": values})
    yield "after refusals", "GET", "/v2/models/fixed/ready", {}, b""
    for body in (b"{", b"5", b"[]"):
        yield f"load {body}", "POST", "/v2/repository/models/fixed/load", {}, body
        yield f"unload {body}", "POST", "/v2/repository/models/fixed/unload", {}, body
    yield change("load it for good", "fixed", "load")


def cases():
    """All requests, in their order."""
    for part in (described, inference, statistics, options, compressed, generate, memory, settings, bad, repository,
                 routes):
        for case in part():
            yield case


def statistics():
    """What was counted; only good requests came before."""
    for model in ("identity_fp32", "identity_bytes", "versions/versions/3"):
        yield f"statistics of {model}", "GET", f"/v2/models/{model}/stats", {}, b""


def closed():
    """Requests to servers whose models may not come and go, and that write no traces."""
    for what in ("load", "unload"):
        for model in ("add", "nobody"):
            yield f"{what} {model}", "POST", f"/v2/repository/models/{model}/{what}", {}, b"{}"
    for body in ({"trace_level": ["TIMESTAMPS"]}, {"trace_level": ["OFF"]}, {"trace_rate": "5"}):
        yield f"trace {json.dumps(body)}", "POST", "/v2/trace/setting", {}, json.dumps(body).encode()
    yield "index", "POST", "/v2/repository/index", {}, b""
