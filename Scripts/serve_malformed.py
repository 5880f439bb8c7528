# Part of Apus, Apache-2.0.
# SPDX-License-Identifier: Apache-2.0

"""Sends a running server what no client should; every answer must be 4xx, and the server must live on.

Arguments: HTTP address, gRPC address. The last line counts checks: passed failed skipped.
"""

import json
import random
import socket
import struct
import sys

counts = [0, 0, 0]
GOOD = {
    "id": "a\\\"b", "parameters": {"timeout": 0, "x": [1][0]},
    "inputs": [
        {"name": "INPUT0", "shape": [1, 4], "datatype": "FP32", "data": [1, 2.5e0, -3, 4]},
        {"name": "INPUT1", "shape": [1, 4], "datatype": "FP32", "data": [[1, 2, 3, 4]]},
    ],
    "outputs": [{"name": "OUTPUT0", "parameters": {"binary_data": False}}],
}
HEADER = "Inference-Header-Content-Length"


class Connection:
    """A connection that is opened again when the server closes it."""

    def __init__(self, address):
        host, port = address.rsplit(":", 1)
        self.place, self.socket = (host, int(port)), None

    def send(self, data):
        if self.socket is None:
            self.socket = socket.create_connection(self.place, timeout=20)
        self.socket.sendall(data)

    def answer(self):
        """Status and body of an answer; status 0 when the server closed the connection."""
        data = b""
        while b"\r\n\r\n" not in data:
            part = self.socket.recv(65536)
            if not part:
                return self.closed()
            data += part
        head, body = data.split(b"\r\n\r\n", 1)
        lines = head.decode().split("\r\n")
        fields = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines[1:])}
        while len(body) < int(fields.get("content-length", 0)):
            part = self.socket.recv(65536)
            if not part:
                return self.closed()
            body += part
        if fields.get("connection") == "close":
            self.closed()
        return int(lines[0].split(" ")[1]), body

    def closed(self):
        self.socket.close()
        self.socket = None
        return 0, b""

    def post(self, body, path="/v2/models/add/infer", **headers):
        fields = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
        length = "" if "Content_Length" in headers else f"Content-Length: {len(body)}\r\n"
        self.send(f"POST {path} HTTP/1.1\r\nHost: x\r\n{length}{fields}\r\n".encode() + body)
        return self.answer()


def expect(name, found, low=400, high=499):
    """Counts an answer by its status, which must come with an error in words."""
    status, body = found
    good = low <= status <= high
    if good and status >= 400:
        try:
            good = isinstance(json.loads(body)["error"], str)
        except Exception:
            good = False
    counts[0 if good else 1] += 1
    if not good:
        print(f"    {name}: answered {status} {body[:200]}")


def json_cases():
    """Requests that are JSON and wrong."""

    def changed(change):
        request = json.loads(json.dumps(GOOD))
        change(request)
        return json.dumps(request).encode()

    def put(key, value, index=0):
        return changed(lambda request: request["inputs"][index].__setitem__(key, value))

    for key, values in {
        "name": [None, 5, [], {}, "", "nobody"],
        "shape": [None, 5, "1", [], [-1, 4], [1.5, 4], [1, 4, 1], ["1", 4], [2**63], [2**62, 2**62], [0, 4], [4],
                  [1] * 100, [1, 5], [10**30, 1]],
        "datatype": [None, 5, "FP31", "", "fp32", "INT32"],
        "data": [None, 5, "x", {}, [], [1], [1, 2, 3, 4, 5], [1, 2, 3, "4"], [1, 2, 3, None], [1, 2, 3, True],
                 [1, 2, 3, 1e39], [1, 2, 3, {}]],
        "parameters": [5, [], {"binary_data_size": 16}, {"shared_memory_region": "r"},
                       {"shared_memory_region": 5}, {"binary_data_size": -1}, {"binary_data_size": "16"}],
    }.items():
        for value in values:
            yield f"{key} {json.dumps(value)[:60]}", put(key, value)
        if key != "parameters":
            yield f"no {key}", changed(lambda request, key=key: request["inputs"][0].pop(key))
    for key, values in {
        "id": [5, None, [], {}], "inputs": [5, None, {}, [], [5], [[]], [{}]],
        "outputs": [5, None, {}, [5], [{}], [{"name": 5}], [{"name": "nobody"}],
                    [{"name": "OUTPUT0", "parameters": {"classification": -1}}],
                    [{"name": "OUTPUT0", "parameters": {"binary_data": "yes"}}]],
        "parameters": [5, [], {"timeout": -1}, {"timeout": "x"}, {"priority": -1}, {"x": []}, {"x": {}},
                       {"triton_x": 1}, {"sequence_start": 1}, {"binary_data_output": 1}],
    }.items():
        for value in values:
            yield f"{key} {json.dumps(value)[:60]}", changed(
                lambda request, key=key, value=value: request.__setitem__(key, value))
    yield "the same input twice", changed(lambda request: request["inputs"].append(request["inputs"][0]))
    yield "no inputs", changed(lambda request: request.pop("inputs"))
    yield "deep arrays", b'{"inputs":' + b"[" * 100_000
    yield "deep objects", b'{"a":' * 100_000
    yield "deep data", json.dumps(GOOD).encode().replace(b"[1, 2.5", b"[" * 200 + b"1, 2.5")
    yield "many inputs", b'{"inputs":[' + b"{}," * 100_000 + b"{}]}"
    yield "bad UTF-8", json.dumps(GOOD).encode().replace(b'"INPUT0"', b'"\xff\xfe"')
    yield "half a surrogate", json.dumps(GOOD).encode().replace(b'"INPUT0"', b'"\\ud800"')
    for text in (b"", b" ", b"[]", b"5", b"null", b"{", b"}", b'"', b"\x00", b"\xff" * 50, b"{}x", b"{'a':1}", b"{a:1}",
                 b'{"a":01}', b'{"a":1.}', b'{"a":.5}', b'{"a":+1}', b'{"a":1e}', b'{"a":tru}', b'{"a":"\n"}',
                 b'{"a":"\\x"}', b'{"a":1,}', b'{"inputs":[,]}'):
        yield f"the text {text[:20]}", text


def binary_cases():
    """Requests with a part that is not JSON: their bodies and the lengths they claim."""
    tensor = struct.pack("<4f", 1, 2, 3, 4)
    first = {"name": "INPUT0", "shape": [1, 4], "datatype": "FP32", "parameters": {"binary_data_size": 16}}
    second = {**first, "name": "INPUT1"}
    text = json.dumps({"inputs": [first, second]}).encode()
    yield "trailing bytes", text + 3 * tensor, len(text)
    yield "missing bytes", text + tensor, len(text)
    yield "no tensors", text, len(text)
    for length in (-1, 10**30, "x", "1.5", "", " ", "0x10", len(text) - 1, len(text) + 1, len(text) + 33, 1):
        yield f"header length {length!r}", text + 2 * tensor, length
    for size in (0, 15, 17, 32, 2**62, 2**63):
        first["parameters"]["binary_data_size"] = size
        text = json.dumps({"inputs": [first, second]}).encode()
        yield f"binary_data_size {size}", text + 2 * tensor, len(text)
    yield "raw request of a model with two inputs", tensor, 0


def http(address):
    connection = Connection(address)
    good = json.dumps(GOOD).encode()
    expect("the good request", connection.post(good), 200, 200)
    for end in range(len(good)):
        expect(f"the first {end} bytes of a good request", connection.post(good[:end]))
    for name, body in json_cases():
        expect(name, connection.post(body))
    for name, body, length in binary_cases():
        expect(name, connection.post(body, **{HEADER.replace("-", "_"): length}))
    for name in ("gzip", "deflate"):
        expect(f"{name} that is none", connection.post(good, Content_Encoding=name))
    expect("an unknown encoding", connection.post(good, Content_Encoding="br"), 501, 501)
    expect("a huge length", connection.post(b"", Content_Length=10**15))
    bomb = __import__("gzip").compress(bytes(200 << 20))
    expect("a gzip bomb", connection.post(bomb, Content_Encoding="gzip"))
    for path in ("/v2/repository/models/add/load", "/v2/repository/index", "/v2/trace/setting", "/v2/logging",
                 "/v2/systemsharedmemory/region/r/register", "/v2/repository/models/add/unload"):
        for body in (b"{", b"[]", b"5", b'{"ready":5,"parameters":5,"key":5,"log_info":5,"trace_level":5}'):
            expect(f"{path} with {body}", connection.post(body, path), 400, 503)
    for path in ("/v2/models/add/versions/x/infer", "/v2/models/%ff/infer", "/v3", "/" + "a" * 10_000, "//",
                 "/v2/../x"):
        expect(path[:40], connection.post(good, path))
    chance = random.Random(7)
    for number in range(2000):
        body = bytearray(good)
        for _ in range(chance.randint(1, 4)):
            body[chance.randrange(len(body))] = chance.choice(b'{}[]",:0123456789.eE+-tfn\\ \x00\xff')
        expect(f"mutation {number} of seed 7: {bytes(body)}", connection.post(bytes(body)), 200, 499)
    expect("the good request again", connection.post(good), 200, 200)
    for garbage in (b"\x00" * 100, b"GET\r\n\r\n", b"POST / HTTP/9.9\r\n\r\n", b"GET / HTTP/1.1\r\nA" + b"a" * 200_000,
                    b"POST /v2/models/add/infer HTTP/1.1\r\nContent-Length: -5\r\n\r\n",
                    b"POST /v2/models/add/infer HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"):
        one = Connection(address)
        try:
            one.send(garbage)
            status, _ = one.answer()
        except OSError:
            status = 0
        counts[0 if status == 0 or 400 <= status < 500 else 1] += 1
    for end in range(0, len(good), 7):
        one = Connection(address)
        one.send(f"POST /v2/models/add/infer HTTP/1.1\r\nContent-Length: {len(good)}\r\n\r\n".encode() + good[:end])
        one.closed()
    expect("the good request after connections that were cut", Connection(address).post(good), 200, 200)


def grpc_calls(address):
    import grpc

    def varint(number):
        parts = bytearray()
        while number > 0x7F:
            parts.append(number & 0x7F | 0x80)
            number >>= 7
        return bytes(parts) + bytes([number])

    def block(field, contents):
        return varint(field << 3 | 2) + varint(len(contents)) + contents

    def tensor(name):
        return block(5, block(1, name) + block(2, b"FP32") + block(3, bytes([1, 4])))

    raw = struct.pack("<4f", 1, 2, 3, 4)
    good = block(1, b"add") + tensor(b"INPUT0") + tensor(b"INPUT1") + block(7, raw) + block(7, raw)
    with grpc.insecure_channel(address) as channel:
        call = channel.unary_unary("/inference.GRPCInferenceService/ModelInfer")
        call(good)
        counts[0] += 1
        chance = random.Random(11)
        bodies = [good[:end] for end in range(len(good))]
        for _ in range(2000):
            body = bytearray(good)
            for _ in range(chance.randint(1, 4)):
                body[chance.randrange(len(body))] = chance.randrange(256)
            bodies.append(bytes(body))
        client_errors = {
            grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.NOT_FOUND, grpc.StatusCode.UNIMPLEMENTED,
        }
        for body in bodies:
            try:
                call(body, timeout=20)
                counts[0] += 1
            except grpc.RpcError as error:
                is_good = error.code() in client_errors
                counts[0 if is_good else 1] += 1
                if not is_good:
                    print(f"    gRPC {body}: {error.code()} {error.details()}")
        call(good)
        counts[0] += 1


if __name__ == "__main__":
    http(sys.argv[1])
    grpc_calls(sys.argv[2])
    print(*counts)
