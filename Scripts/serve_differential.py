# Part of Apus, Apache-2.0.
# SPDX-License-Identifier: Apache-2.0

"""Sends the same requests to a real Triton and to Apus and compares what comes back.

Arguments: the apus tool, the folder of Triton's files, a folder of packages with tritonclient, a folder for the models.
What differs on purpose stands in differential_reasons.py. The last line counts checks: passed failed skipped.
"""

import collections
import gzip
import http.client
import json
import pathlib
import shutil
import sys
import time
import zlib

import numpy as np

import differential_grpc
import differential_http
import differential_models
import differential_reasons
from serve_process import Server
from triton_server import Triton

FIELDS = ("content-type", "inference-header-content-length", "content-encoding", "accept-encoding")
FLOATS = {"FP16": np.float16, "FP32": np.float32, "FP64": np.float64}


class Side:
    """One of the two servers, over HTTP."""

    def __init__(self, name, address):
        self.name, self.address, self.connection = name, address, None

    def send(self, method, path, fields, body):
        """Status, some fields and the body of an answer; status 0 where there is none."""
        fields = {**fields, "Content-Length": str(len(body))} if body or method == "POST" else fields
        for attempt in range(2):
            try:
                if self.connection is None:
                    self.connection = http.client.HTTPConnection(self.address, timeout=20)
                self.connection.putrequest(method, path, skip_accept_encoding=True)
                for name, value in fields.items():
                    self.connection.putheader(name, value)
                self.connection.endheaders(body)
                answer = self.connection.getresponse()
                content = answer.read()
                found = {name: answer.headers[name] for name in FIELDS if answer.headers[name]}
                return answer.status, found, content
            except (OSError, http.client.HTTPException) as error:
                self.connection.close()
                self.connection = None
                if attempt:
                    return 0, {}, repr(error).encode()
        return 0, {}, b""


def comparable(status, fields, body):
    """An answer as values that say the same when they are equal."""
    if fields.get("content-encoding") == "gzip":
        body = gzip.decompress(body)
    elif fields.get("content-encoding") == "deflate":
        body = zlib.decompress(body)
    length = int(fields.pop("inference-header-content-length", len(body)))
    result = {"status": status, "fields": fields, "tail": body[length:].hex()}
    text = body[:length]
    if fields.get("content-type", "").startswith("text/event-stream"):
        events = [line.removeprefix(b"data: ") for line in text.split(b"\n\n") if line]
        result["events"] = [values(event) for event in events]
    else:
        result["body"] = values(text)
    return result


def values(text):
    """JSON as values, the elements of tensors by their datatype; other text as it is."""
    try:
        parsed = json.loads(text)
    except ValueError:
        return {"text": text.decode(errors="replace")}
    if isinstance(parsed, dict):
        for output in parsed.get("outputs", []) if isinstance(parsed.get("outputs"), list) else []:
            kind = FLOATS.get(output.get("datatype"))
            if kind and "data" in output:
                output["data"] = np.array(output["data"], kind).tobytes().hex()
        for key in ("OUTPUT0", "OUTPUT1"):
            if key in parsed and isinstance(parsed[key], list):
                parsed[key] = [float(one) if isinstance(one, (int, float)) else one for one in parsed[key]]
    return parsed


def nameless(answer, side):
    """An answer without the names that only one side's files have."""
    text = json.dumps(answer)
    for name in (f"_differential_{side}", f"/nothing_{side}", f"/{side}.trace"):
        text = text.replace(name, name.replace(side, "x"))
    return json.loads(text)


def differences(left, right, path=""):
    """Every place where two values differ, with both."""
    if isinstance(left, dict) and isinstance(right, dict):
        for key in sorted(set(left) | set(right)):
            place = f"{path}.{key}" if path else key
            yield from differences(left.get(key, "nothing"), right.get(key, "nothing"), place)
    elif isinstance(left, list) and isinstance(right, list) and len(left) == len(right):
        for index, (one, other) in enumerate(zip(left, right)):
            yield from differences(one, other, f"{path}[{index}]")
    elif left != right or type(left) is not type(right) and bool in (type(left), type(right)):
        yield path, left, right


class Report:
    """What was compared, and what of it differs."""

    def __init__(self):
        self.counts, self.uses = [0, 0, 0], collections.Counter()

    def compare(self, kind, name, triton, apus):
        """Counts a pair of answers, and prints what differs for no reason."""
        found = []
        triton, apus = nameless(triton, "triton"), nameless(apus, "apus")
        places = list(differences(triton, apus))
        whole = places and differential_reasons.whole(name, triton, apus)
        if whole:
            self.uses[whole] += 1
            places = []
        for place in places:
            reason = differential_reasons.single(name, triton, apus, *place)
            if reason is None:
                found.append(place)
            else:
                self.uses[reason] += 1
        self.counts[1 if found else 0] += 1
        if found:
            print(f"    {kind} {name}:")
            for path, one, other in found:
                print(f"        {path}: Triton {str(one)[:300]!r}, Apus {str(other)[:300]!r}")

    def finish(self):
        """Prints what differs on purpose; a reason that nothing needs any more is a failure."""
        print("    what differs on purpose, how often and why:")
        for why in differential_reasons.reasons():
            print(f"        {self.uses[why]:4} {why}")
            if not self.uses[why]:
                print("        which nothing needs any more")
                self.counts[1] += 1
        print(*self.counts)


def settle(sides, model):
    """Waits until a model is unloaded on both sides."""
    for side in sides:
        for _ in range(200):
            index = json.loads(side.send("POST", "/v2/repository/index", {}, b"")[2])
            if all(one.get("state") == "UNAVAILABLE" for one in index if one["name"] == model):
                break
            time.sleep(0.05)


def over_http(report, triton, apus, cases, kind="HTTP"):
    """Compares the answers to requests over HTTP."""
    sides = Side("triton", triton.http), Side("apus", apus.http)
    for name, method, path, fields, body in cases:
        if method == "WAIT":
            settle(sides, path)
            continue
        found = []
        for side in sides:
            content = body.replace(b"_KEY", b"_" + side.name.encode())
            found.append(comparable(*side.send(method, path, fields, content)))
        if not found[0]["status"] and triton.process.poll() is not None:
            raise SystemExit(f"Triton did not survive {kind} {name}")
        report.compare(kind, name, *found)


def main():
    """Starts both servers, twice: where models may come and go, and where they may not."""
    tool, files, _, folder = sys.argv[1:5]
    folder = pathlib.Path(folder)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    differential_models.write(folder / "apus", folder / "triton", sys.argv[3])
    (folder / "none").mkdir()
    report = Report()
    # Triton takes seconds to start.
    tritons = [
        Triton(files, folder / "triton", folder / "triton.log", "--model-control-mode=explicit", "--load-model=*",
               "--exit-on-error=false", "--trace-config=triton,file=" + str(folder / "triton.trace")),
        Triton(files, folder / "none", folder / "none.log", "--model-control-mode=none"),
    ]
    try:
        options = ["--model-control-mode", "explicit", "--load-model", "*", "--allow-client-shm", "--trace-config",
                   f"triton,file={folder / 'apus.trace'}"]
        with Server(tool, folder / "apus", *options) as apus, Server(tool, folder / "none") as closed:
            for one in tritons:
                one.wait()
            with differential_grpc.shared_memory():
                over_http(report, tritons[0], apus, differential_http.cases())
                differential_grpc.compare(report, tritons[0].grpc, apus.grpc, differential_grpc.cases())
                differential_grpc.through_client(report, tritons[0].grpc, apus.grpc)
            over_http(report, tritons[1], closed, differential_http.closed(), "HTTP, closed")
            differential_grpc.compare(
                report, tritons[1].grpc, closed.grpc, differential_grpc.closed(), "gRPC, closed")
    finally:
        for one in tritons:
            one.stop()
    report.finish()


if __name__ == "__main__":
    main()
