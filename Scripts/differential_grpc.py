# Part of Apus, Apache-2.0.
# SPDX-License-Identifier: Apache-2.0

"""The calls over gRPC that both servers get, good and bad, as messages of Triton's client and as raw bytes."""

import contextlib
import random
import struct
from multiprocessing import shared_memory as system

import grpc
import numpy as np
import tritonclient.grpc as client
from google.protobuf.json_format import MessageToDict
from tritonclient.grpc import service_pb2 as messages
from tritonclient.utils import InferenceServerException

import differential_http

SERVICE = "/inference.GRPCInferenceService/"
VALUES = struct.pack("<4f", 1, 2.5, -3, 4)
REGIONS = ("KEY", "KEY2", "KEY3")


@contextlib.contextmanager
def shared_memory():
    """Three objects of shared memory for each side."""
    regions = []
    try:
        for side in ("triton", "apus"):
            for name in REGIONS:
                region = system.SharedMemory(f"apus_differential_{side}{name[3:]}", create=True, size=64)
                region.buf[:64] = struct.pack("<8f", *range(8)) + bytes(32)
                regions.append(region)
        yield
    finally:
        for region in regions:
            region.close()
            region.unlink()


def infer(model="add", names=("INPUT0", "INPUT1"), raw=(VALUES, VALUES), shape=(1, 4), kind="FP32", **fields):
    """A request for inference."""
    request = messages.ModelInferRequest(model_name=model, raw_input_contents=list(raw), **fields)
    for name in names:
        request.inputs.add(name=name, datatype=kind, shape=list(shape))
    return request


def changed(request, change):
    """A request after a function had its way with it."""
    change(request)
    return request


def described():
    """What the server and its models say of themselves."""
    for name in ("ServerLive", "ServerReady", "ServerMetadata"):
        yield name, name, getattr(messages, name + "Request")()
    for model, version in (("add", ""), ("versions", ""), ("versions", "1"), ("versions", "9"), ("nobody", ""),
                           ("", ""), ("add", "x"), ("add", "-1"), ("add", "0"), ("add", "1.5"),
                           ("identity_bytes", "1"), ("classifier", "")):
        for name in ("ModelReady", "ModelMetadata", "ModelConfig", "ModelStatistics"):
            request = getattr(messages, name + "Request")(name=model, version=version)
            yield f"{name} {model!r} {version!r}", name, request


def inference():
    """Good and bad requests."""
    yield "good", "ModelInfer", infer()
    yield "good, with a name", "ModelInfer", infer(id="seven")
    yield "good, of a version", "ModelInfer", infer("versions", ["INPUT0"], [bytes(8)], [2], "INT32", model_version="1")
    yield "no such version", "ModelInfer", infer("versions", ["INPUT0"], [bytes(8)], [2], "INT32", model_version="2")
    yield "no version", "ModelInfer", infer("versions", ["INPUT0"], [bytes(8)], [2], "INT32", model_version="x")
    yield "nobody", "ModelInfer", infer("nobody")
    yield "nothing", "ModelInfer", messages.ModelInferRequest()
    for kind, values in differential_http.VALUES.items():
        model = f"identity_{kind.lower()}"
        packed = differential_http.packed(kind, values)
        yield f"raw {kind}", "ModelInfer", infer(model, ["INPUT0"], [packed], [1, 3], kind)
        field = {"BOOL": "bool", "UINT8": "uint", "INT32": "int", "INT64": "int64", "UINT64": "uint64", "FP32": "fp32",
                 "FP64": "fp64", "BYTES": "bytes"}[kind] + "_contents"
        values = [value.encode() for value in values] if kind == "BYTES" else values

        def fill(request, field=field, values=values):
            getattr(request.inputs[0].contents, field).extend(values)

        yield f"typed {kind}", "ModelInfer", changed(infer(model, ["INPUT0"], [], [1, 3], kind), fill)
        yield f"raw and typed {kind}", "ModelInfer", changed(infer(model, ["INPUT0"], [packed], [1, 3], kind), fill)
        yield f"typed {kind}, too few", "ModelInfer", changed(infer(model, ["INPUT0"], [], [1, 4], kind), fill)
        yield f"short {kind}", "ModelInfer", infer(model, ["INPUT0"], [packed[:-1]], [1, 3], kind)
        yield f"long {kind}", "ModelInfer", infer(model, ["INPUT0"], [packed + b"x"], [1, 3], kind)
        yield f"empty {kind}", "ModelInfer", infer(model, ["INPUT0"], [b""], [1, 0], kind)
    yield "wrong field", "ModelInfer", changed(
        infer(raw=[]), lambda request: [one.contents.int_contents.extend([1, 2, 3, 4]) for one in request.inputs])
    yield "one input", "ModelInfer", infer(names=["INPUT0"], raw=[VALUES])
    yield "an unknown input", "ModelInfer", infer(names=["INPUT0", "x"])
    yield "the same input twice", "ModelInfer", infer(names=["INPUT0", "INPUT0"])
    yield "one raw part", "ModelInfer", infer(raw=[VALUES])
    yield "three raw parts", "ModelInfer", infer(raw=[VALUES] * 3)
    yield "no raw part", "ModelInfer", infer(raw=[])
    for shape in ((4,), (1, 5), (1, 4, 1), (5, 4), (0, 4), (-1, 4), (), (2**62, 2**62)):
        yield f"shape {shape}", "ModelInfer", infer(shape=shape)
    for kind in ("INT32", "", "fp32", "X"):
        yield f"datatype {kind!r}", "ModelInfer", infer(kind=kind)
    for outputs in (["OUTPUT0"], ["OUTPUT1", "OUTPUT0"], ["OUTPUT0", "OUTPUT0"], ["x"], [""]):
        yield f"outputs {outputs}", "ModelInfer", changed(
            infer(), lambda request: [request.outputs.add(name=name) for name in outputs])
    for name, field, value in (
            ("priority", "int64_param", 1), ("priority", "uint64_param", 1), ("priority", "int64_param", -1),
            ("priority", "string_param", "x"), ("timeout", "int64_param", 5_000_000), ("timeout", "int64_param", -1),
            ("timeout", "bool_param", True), ("sequence_id", "int64_param", 5), ("sequence_id", "string_param", "x"),
            ("sequence_id", "bool_param", True), ("sequence_start", "bool_param", True),
            ("sequence_start", "int64_param", 1), ("triton_enable_empty_final_response", "bool_param", True),
            ("triton_enable_empty_final_response", "bool_param", False), ("triton_x", "bool_param", True),
            ("custom", "string_param", "text"), ("custom", "int64_param", 5), ("custom", "bool_param", True),
            ("custom", "double_param", 0.5), ("custom", "uint64_param", 5), ("binary_data_output", "bool_param", True)):

        def put(request, name=name, field=field, value=value):
            setattr(request.parameters[name], field, value)

        yield f"parameter {name} {field} {value}", "ModelInfer", changed(infer(), put)
    for count in (0, 1, 2, 9, -1):

        def classes(request, count=count):
            output = request.outputs.add(name="OUTPUT0")
            output.parameters["classification"].int64_param = count

        yield f"{count} classes", "ModelInfer", changed(
            infer("classifier", ["INPUT0"], [struct.pack("<6f", 0.5, 3.3, 1, 9, 1e-7, 1e20)], [2, 3]), classes)


def memory():
    """Shared memory."""
    def register(name, key, size, offset=0):
        request = messages.SystemSharedMemoryRegisterRequest(name=name, key=key, byte_size=size, offset=offset)
        return f"register {name} {key} {size}", "SystemSharedMemoryRegister", request

    key = "/apus_differential_"
    yield register("r", key + "KEY", 64)
    yield register("r", key + "KEY", 64)
    yield register("s", key + "KEY2", 64)
    yield register("t", key + "NOTHING", 64)
    yield register("", key + "KEY3", 64)
    for name in ("", "r", "nobody"):
        yield f"status {name!r}", "SystemSharedMemoryStatus", messages.SystemSharedMemoryStatusRequest(name=name)
        yield f"device status {name!r}", "CudaSharedMemoryStatus", messages.CudaSharedMemoryStatusRequest(name=name)

    def place(one, region="r", size=16, offset=0):
        one.parameters["shared_memory_region"].string_param = region
        one.parameters["shared_memory_byte_size"].int64_param = size
        one.parameters["shared_memory_offset"].int64_param = offset

    def inputs(request, *places):
        for one, values in zip(request.inputs, places):
            place(one, *values)

    yield "shared inputs", "ModelInfer", changed(infer(raw=[]), lambda one: inputs(one, ("r",), ("r", 16, 16)))
    yield "one shared input", "ModelInfer", changed(infer(raw=[VALUES]), lambda one: inputs(one, ("r",)))
    for values in (("r", 16, 60), ("r", 12), ("r", 20), ("nobody",), ("r", 16, 2**62), ("r", -1), ("r", 16, -1)):
        yield f"input in {values}", "ModelInfer", changed(infer(raw=[VALUES]), lambda one: inputs(one, values))
        yield f"output in {values}", "ModelInfer", changed(
            infer(), lambda one: place(one.outputs.add(name="OUTPUT0"), *values))
    yield "shared output", "ModelInfer", changed(infer(), lambda one: place(one.outputs.add(name="OUTPUT0"), "s"))
    yield "what was written", "ModelInfer", changed(infer(raw=[VALUES]), lambda one: inputs(one, ("s",)))
    yield "unregister s", "SystemSharedMemoryUnregister", messages.SystemSharedMemoryUnregisterRequest(name="s")
    yield "unregister s again", "SystemSharedMemoryUnregister", messages.SystemSharedMemoryUnregisterRequest(name="s")
    yield "unregister all", "SystemSharedMemoryUnregister", messages.SystemSharedMemoryUnregisterRequest()
    yield "unregister all of devices", "CudaSharedMemoryUnregister", messages.CudaSharedMemoryUnregisterRequest()
    yield "register device memory", "CudaSharedMemoryRegister", messages.CudaSharedMemoryRegisterRequest(
        name="d", raw_handle=bytes(64), device_id=0, byte_size=64)


def settings():
    """Traces, logs and the repository."""
    for model in ("", "add"):
        for name, values in (("trace_rate", ["5"]), ("trace_count", ["7"]), ("log_frequency", ["2"]),
                             ("trace_rate", []), ("trace_level", ["OFF"]), ("trace_rate", ["x"]),
                             ("trace_rate", ["1", "2"]), ("trace_count", ["-1"]), ("log_frequency", [])):

            def put(request, name=name, values=values):
                request.settings[name].value.extend(values)

            yield f"trace {model!r} {name} {values}", "TraceSetting", changed(
                messages.TraceSettingRequest(model_name=model), put)
    yield "trace of nobody", "TraceSetting", messages.TraceSettingRequest(model_name="nobody")
    yield "logs", "LogSettings", messages.LogSettingsRequest()
    for name, field, value in (("log_verbose_level", "uint32_param", 1), ("log_verbose_level", "uint32_param", 0),
                               ("log_info", "bool_param", False), ("log_info", "bool_param", True),
                               ("log_info", "string_param", "x"), ("log_file", "string_param", "x"),
                               ("log_format", "string_param", "ISO8601"), ("log_format", "string_param", "default")):

        def set_log(request, name=name, field=field, value=value):
            setattr(request.settings[name], field, value)

        yield f"log {name} {value}", "LogSettings", changed(messages.LogSettingsRequest(), set_log)
    for ready in (True, False):
        yield f"index {ready}", "RepositoryIndex", messages.RepositoryIndexRequest(ready=ready)
    yield "index of r", "RepositoryIndex", messages.RepositoryIndexRequest(repository_name="r")
    yield "load", "RepositoryModelLoad", messages.RepositoryModelLoadRequest(model_name="fixed")
    yield "load nobody", "RepositoryModelLoad", messages.RepositoryModelLoadRequest(model_name="nobody")
    yield "load of r", "RepositoryModelLoad", messages.RepositoryModelLoadRequest(
        model_name="fixed", repository_name="r")
    yield "unload nobody", "RepositoryModelUnload", messages.RepositoryModelUnloadRequest(model_name="nobody")
    yield "unload of r", "RepositoryModelUnload", messages.RepositoryModelUnloadRequest(
        model_name="fixed", repository_name="r")
    for name, value in (("x", "y"), ("config", "{"), ("config", '{"max_batch_size":"x"}')):

        def load(request, name=name, value=value):
            request.parameters[name].string_param = value

        yield f"load with {name} {value}", "RepositoryModelLoad", changed(
            messages.RepositoryModelLoadRequest(model_name="fixed"), load)
    yield "no such method", "Nothing", messages.ServerLiveRequest()


def cases():
    """All calls, in their order; bytes are sent as they are."""
    for part in (described, inference, memory, settings):
        yield from part()
    # What is no message: no client sends it, so the code is compared and not the words.
    good = infer().SerializeToString()
    for end in range(0, len(good), 3):
        yield f"bytes: the first {end}", "ModelInfer", good[:end]
    chance = random.Random(11)
    for number in range(100):
        body = bytearray(good)
        for _ in range(chance.randint(1, 3)):
            body[chance.randrange(len(body))] = chance.randrange(256)
        yield f"bytes: mutation {number}", "ModelInfer", bytes(body)
    one, three = infer(id="1"), infer(id="3")
    for request in ([one, infer(id="2"), three], [one, infer("nobody", id="2"), three], [infer(raw=[], id="x")], []):
        yield f"a stream of {len(request)}: {[one.model_name for one in request]}", "ModelStreamInfer", request


def closed():
    """Calls to servers whose models may not come and go."""
    for model in ("add", "nobody"):
        yield f"load {model}", "RepositoryModelLoad", messages.RepositoryModelLoadRequest(model_name=model)
        yield f"unload {model}", "RepositoryModelUnload", messages.RepositoryModelUnloadRequest(model_name=model)
    yield "index", "RepositoryIndex", messages.RepositoryIndexRequest()


def ask(channel, side, method, request):
    """What a call gives, as values."""
    kinds = {"ModelInfer": "ModelInferResponse", "ModelStreamInfer": "ModelStreamInferResponse"}
    response = getattr(messages, kinds.get(method, method + "Response"), messages.ServerLiveResponse)

    def bytes_of(one):
        return one if isinstance(one, bytes) else one.SerializeToString().replace(b"_KEY", b"_" + side)

    def values(message):
        return MessageToDict(message, preserving_proto_field_name=True)

    try:
        if method == "ModelStreamInfer":
            call = channel.stream_stream(SERVICE + method, bytes_of, response.FromString)
            return {"status": "OK", "body": [values(one) for one in call(iter(request), timeout=20)]}
        call = channel.unary_unary(SERVICE + method, bytes_of, response.FromString)
        if not isinstance(request, bytes):
            request = renamed(request, side)
        return {"status": "OK", "body": values(call(request, timeout=20))}
    except grpc.RpcError as error:
        return {"status": error.code().name, "body": {"error": error.details()}}


def renamed(request, side):
    """A request whose shared-memory key is that of a side."""
    if hasattr(request, "key"):
        request = type(request).FromString(request.SerializeToString())
        request.key = request.key.replace("_KEY", "_" + side.decode())
    return request


def compare(report, triton, apus, calls, kind="gRPC"):
    """Compares the answers to calls."""
    with grpc.insecure_channel(triton) as left, grpc.insecure_channel(apus) as right:
        for name, method, request in calls:
            one = ask(left, b"triton", method, request)
            if one["status"] == "UNAVAILABLE" and "onnect" in one["body"]["error"]:
                raise SystemExit(f"Triton did not survive {kind} {name}")
            report.compare(kind, name, one, ask(right, b"apus", method, request))


def through_client(report, triton, apus):
    """Compares what Triton's client makes of both servers."""
    def inputs(shape=(1, 4), kind="FP32"):
        result = []
        for name in ("INPUT0", "INPUT1"):
            result.append(client.InferInput(name, list(shape), kind))
            result[-1].set_data_from_numpy(np.arange(np.prod(shape)).reshape(shape).astype(np.float32))
        return result

    def answer(result):
        return {name: result.as_numpy(name).tobytes().hex() for name in ("OUTPUT0", "OUTPUT1")}

    calls = {
        "is_server_live": lambda one: one.is_server_live(), "is_server_ready": lambda one: one.is_server_ready(),
        "is_model_ready": lambda one: one.is_model_ready("add"),
        "is_model_ready nobody": lambda one: one.is_model_ready("nobody"),
        "get_model_metadata": lambda one: one.get_model_metadata("add", as_json=True),
        "get_model_config": lambda one: one.get_model_config("add", as_json=True),
        "get_model_repository_index": lambda one: one.get_model_repository_index(as_json=True),
        "get_trace_settings": lambda one: one.get_trace_settings(as_json=True),
        "get_log_settings": lambda one: one.get_log_settings(as_json=True),
        "infer": lambda one: answer(one.infer("add", inputs(), request_id="5", priority=1, timeout=10**6)),
        "infer, compressed": lambda one: answer(one.infer("add", inputs(), compression_algorithm="gzip")),
        "infer of four": lambda one: answer(one.infer("add", inputs((4, 4)))),
        "infer of five": lambda one: answer(one.infer("add", inputs((5, 4)))),
        "infer of nobody": lambda one: answer(one.infer("nobody", inputs())),
        "infer in a sequence": lambda one: answer(
            one.infer("add", inputs(), sequence_id=5, sequence_start=True, sequence_end=True)),
    }
    with client.InferenceServerClient(triton) as left, client.InferenceServerClient(apus) as right:
        for name, call in calls.items():
            found = []
            for one in (left, right):
                try:
                    found.append({"status": "OK", "body": call(one)})
                except InferenceServerException as error:
                    found.append({"status": str(error.status()), "body": {"error": error.message()}})
            report.compare("gRPC", f"client: {name}", *found)
