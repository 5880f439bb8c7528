# Part of Apus, Apache-2.0.
# SPDX-License-Identifier: Apache-2.0

"""Drives a running server with the real Triton client for Python; the last line counts checks: passed failed skipped.

Arguments: HTTP address, gRPC address, metrics address, and whether shared memory is allowed (yes or no).
"""

import queue
import sys
import traceback
import urllib.request

import numpy as np
import tritonclient.grpc as grpcclient
import tritonclient.http as httpclient
from tritonclient.utils import InferenceServerException, triton_to_np_dtype

counts = [0, 0, 0]


def check(name):
    """Runs a function at once and counts how it ends."""

    def run(function):
        try:
            function()
            counts[0] += 1
        except Exception:
            counts[1] += 1
            print(f"    {name}: FAILED")
            traceback.print_exc(file=sys.stdout)

    return run


def refused(call, text, *arguments, **named):
    """The message of the error that a call must end with."""
    try:
        call(*arguments, **named)
    except InferenceServerException as error:
        assert text in str(error), f"expected '{text}' in: {error}"
        return error
    raise AssertionError(f"was not refused: {text}")


SAMPLES = {
    "BOOL": np.array([[True], [False], [True]]),
    "UINT8": np.array([[0], [255], [7]], np.uint8), "UINT16": np.array([[0], [65535], [7]], np.uint16),
    "UINT32": np.array([[0], [4294967295], [7]], np.uint32),
    "UINT64": np.array([[0], [18446744073709551615], [7]], np.uint64),
    "INT8": np.array([[-128], [127], [7]], np.int8), "INT16": np.array([[-32768], [32767], [7]], np.int16),
    "INT32": np.array([[-2147483648], [2147483647], [7]], np.int32),
    "INT64": np.array([[-9223372036854775808], [9223372036854775807], [7]], np.int64),
    "FP16": np.array([[0.1], [-65504], [6e-8]], np.float16),
    "FP32": np.array([[0.1], [-3.4028235e38], [1e-45]], np.float32),
    "FP64": np.array([[0.1], [-1.7976931348623157e308], [5e-324]], np.float64),
    "BYTES": np.array([[b"one"], [b""], ["zwölf ∑".encode()]], np.object_),
}


def common(module, client, is_http):
    """What both protocols do alike."""
    kind = "http" if is_http else "grpc"

    def wrap(value):
        return value if is_http else client_dict(value)

    def client_dict(message):
        from google.protobuf.json_format import MessageToDict

        return MessageToDict(message, preserving_proto_field_name=True)

    @check(f"{kind} health")
    def _():
        assert client.is_server_live() and client.is_server_ready()
        assert client.is_model_ready("add") and client.is_model_ready("versions", "3")
        assert not client.is_model_ready("nobody")

    @check(f"{kind} metadata and configuration")
    def _():
        assert "binary_tensor_data" in wrap(client.get_server_metadata())["extensions"]
        model = wrap(client.get_model_metadata("add"))
        assert [one["name"] for one in model["inputs"]] == ["INPUT0", "INPUT1"], model
        assert [int(size) for size in model["inputs"][0]["shape"]] == [-1, 4], model
        assert wrap(client.get_model_metadata("versions", "3"))["versions"] == ["3"]
        configuration = wrap(client.get_model_config("add"))
        configuration = configuration.get("config", configuration)
        assert configuration["max_batch_size"] == 4 and len(configuration["input"]) == 2, configuration

    def inputs_of_add(batch, binary=True):
        left = np.arange(4 * batch, dtype=np.float32).reshape(batch, 4)
        right = np.ones((batch, 4), np.float32)
        inputs = []
        for name, value in (("INPUT0", left), ("INPUT1", right)):
            one = module.InferInput(name, list(value.shape), "FP32")
            one.set_data_from_numpy(value, **({"binary_data": binary} if is_http else {}))
            inputs.append(one)
        return left, right, inputs

    def infer_add(batch, binary=True, **named):
        left, right, inputs = inputs_of_add(batch, binary)
        result = client.infer("add", inputs, **named)
        np.testing.assert_array_equal(result.as_numpy("OUTPUT0"), left + right)
        np.testing.assert_array_equal(result.as_numpy("OUTPUT1"), left - right)
        return result

    @check(f"{kind} statistics")
    def _():
        def successes():
            one = wrap(client.get_inference_statistics("add"))["model_stats"][0]
            return int(one["inference_stats"]["success"].get("count", 0)), int(one.get("inference_count", 0))

        before = successes()
        infer_add(2)
        after = successes()
        assert after == (before[0] + 1, before[1] + 2), (before, after)
        refused(client.get_inference_statistics, "requested model 'nobody'", "nobody")

    @check(f"{kind} inference of every size, in every form")
    def _():
        for batch in (1, 2, 3, 4):
            infer_add(batch)
            infer_add(batch, binary=False)
        response = infer_add(1, request_id="a \"name\"").get_response()
        assert (response["id"] if is_http else response.id) == "a \"name\""
        infer_add(1, priority=1, timeout=1_000_000)
        infer_add(1, parameters={"custom": "text", "count": 3, "flag": True, "ratio": 0.5})

    for datatype, sample in SAMPLES.items():

        @check(f"{kind} {datatype} as it was sent")
        def _(datatype=datatype, sample=sample):
            forms = [(True, True), (False, False), (True, False), (False, True)] if is_http else [(True, True)]
            for binary_in, binary_out in forms:
                if datatype == "FP16" and not binary_in:
                    continue
                one = module.InferInput("INPUT0", list(sample.shape), datatype)
                value = sample
                one.set_data_from_numpy(value, **({"binary_data": binary_in} if is_http else {}))
                output = module.InferRequestedOutput(
                    "OUTPUT0", **({"binary_data": binary_out} if is_http else {}))
                try:
                    result = client.infer(f"identity_{datatype.lower()}", [one], outputs=[output])
                except InferenceServerException as error:
                    raise AssertionError(f"binary {binary_in}, {binary_out}: {error}") from error
                found = result.as_numpy("OUTPUT0")
                if datatype == "BYTES" and not binary_out:
                    found = np.array([[text.encode()] for text in found.ravel()], np.object_)
                assert found.dtype == triton_to_np_dtype(datatype) or datatype == "BYTES", found.dtype
                np.testing.assert_array_equal(found, value, f"binary {binary_in}, {binary_out}")

    @check(f"{kind} versions")
    def _():
        one = [module.InferInput(name, [1, 2], "FP32") for name in ("INPUT0", "INPUT1")]
        for tensor in one:
            tensor.set_data_from_numpy(np.ones((1, 2), np.float32))
        for version, expected in (("", "3"), ("1", "1"), ("3", "3")):
            response = client.infer("versions", one, model_version=version).get_response()
            assert (response["model_version"] if is_http else response.model_version) == expected
        refused(client.infer, "version 9 is not found", "versions", one, model_version="9")

    @check(f"{kind} ensemble")
    def _():
        left, right = np.arange(8, dtype=np.float32).reshape(2, 4), np.ones((2, 4), np.float32)
        inputs = []
        for name, value in (("A", left), ("B", right)):
            one = module.InferInput(name, [2, 4], "FP32")
            one.set_data_from_numpy(value)
            inputs.append(one)
        result = client.infer("ensemble", inputs)
        np.testing.assert_array_equal(result.as_numpy("SUM"), 2 * left + right)
        np.testing.assert_array_equal(result.as_numpy("NOTHING"), 0 * left)
        output = module.InferRequestedOutput("SUM")
        assert client.infer("ensemble", inputs, outputs=[output]).as_numpy("NOTHING") is None
        configuration = wrap(client.get_model_config("ensemble"))
        configuration = configuration.get("config", configuration)
        assert configuration["platform"] == "ensemble", configuration
        assert [one["model_name"] for one in configuration["ensemble_scheduling"]["step"]] == ["add"] * 3
        one = wrap(client.get_inference_statistics("ensemble"))["model_stats"][0]
        assert int(one["inference_stats"]["success"]["count"]) >= 2, one
        refused(client.infer, "missing required input(s) ['B']", "ensemble", inputs[:1])

    @check(f"{kind} sequences")
    def _():
        def step(model, value, name, **named):
            one = module.InferInput("INPUT0", [1, 2], "FP32")
            one.set_data_from_numpy(np.full((1, 2), value, np.float32))
            result = client.infer(model, [one], sequence_id=name, **named)
            told = result.as_numpy("NAME")[0, 0]
            assert (told if isinstance(told, str) else told.decode()) == str(name), told
            return float(result.as_numpy("OUTPUT0")[0, 0]), result.as_numpy("FLAGS")[0].tolist()

        for model in ("sequence_direct", "sequence_oldest"):
            assert step(model, 1, 7, sequence_start=True) == (11, [1, 0, 1])
            assert step(model, 5, "seven", sequence_start=True) == (15, [1, 0, 1])
            assert step(model, 2, 7) == (13, [0, 0, 1])
            assert step(model, 6, "seven", sequence_end=True) == (21, [0, 1, 1])
            assert step(model, 3, 7, sequence_end=True) == (16, [0, 1, 1])
            text = f"inference request for sequence 7 to model '{model}' must specify the START flag on the first"
            refused(step, text, model, 1, 7)
            refused(step, "must specify a non-zero or non-empty correlation ID", model, 1, 0)
            assert step(model, 4, 7, sequence_start=True, sequence_end=True) == (14, [1, 1, 1])

    @check(f"{kind} classification")
    def _():
        one = module.InferInput("INPUT0", [2, 3], "FP32")
        one.set_data_from_numpy(np.array([[0.5, 3.3, 1], [9, 0, -1]], np.float32))
        output = module.InferRequestedOutput("OUTPUT0", class_count=2)
        found = client.infer("classifier", [one], outputs=[output]).as_numpy("OUTPUT0")
        texts = [[text.decode() if isinstance(text, bytes) else text for text in row] for row in found]
        assert texts == [["3.300000:1:dog", "1.000000:2:bird"], ["9.000000:0:cat", "0.000000:1:dog"]], texts

    @check(f"{kind} refusals that name what is wrong")
    def _():
        _, _, inputs = inputs_of_add(1)
        refused(client.infer, "'nobody' is not found", "nobody", inputs)
        refused(client.infer, "expected 2 inputs but got 1 inputs for model 'add'", "add", inputs[:1])
        wrong = module.InferInput("NOTHING", [1, 4], "FP32")
        wrong.set_data_from_numpy(np.zeros((1, 4), np.float32))
        refused(client.infer, "unexpected inference input 'NOTHING' for model 'add'", "add", [inputs[0], wrong])
        wrong = module.InferInput("INPUT1", [1, 4], "INT32")
        wrong.set_data_from_numpy(np.zeros((1, 4), np.int32))
        refused(client.infer, "data-type is 'INT32', but model 'add' expects 'FP32'", "add", [inputs[0], wrong])
        wrong = module.InferInput("INPUT1", [1, 5], "FP32")
        wrong.set_data_from_numpy(np.zeros((1, 5), np.float32))
        refused(client.infer, "unexpected shape for input 'INPUT1' for model 'add'", "add", [inputs[0], wrong])
        _, _, many = inputs_of_add(5)
        refused(client.infer, "batch-size must be <= 4 for 'add'", "add", many)
        output = module.InferRequestedOutput("NOTHING")
        refused(client.infer, "unexpected inference output 'NOTHING'", "add", inputs, outputs=[output])

    @check(f"{kind} repository")
    def _():
        index = client.get_model_repository_index()
        models = index if is_http else client_dict(index)["models"]
        assert {"add", "classifier", "versions"} <= {one["name"] for one in models}, models
        assert all(one["state"] == "READY" for one in models), models
        refused(client.load_model, "not allowed", "add")
        refused(client.unload_model, "not allowed", "add")

    @check(f"{kind} traces and logs")
    def _():
        settings = wrap(client.get_trace_settings())
        settings = settings.get("settings", settings)
        level = settings["trace_level"]
        assert (level if is_http else level["value"]) == ["OFF"], settings
        client.update_trace_settings(settings={"trace_rate": "50"})
        client.update_trace_settings(settings={"trace_rate": None})
        refused(client.update_trace_settings, "trace", settings={"trace_level": ["TIMESTAMPS"]})
        client.update_log_settings({"log_verbose_level": 1})
        client.update_log_settings({"log_verbose_level": 0})
        refused(client.update_log_settings, "log file location", {"log_file": "elsewhere"})

    @check(f"{kind} many at one time")
    def _():
        left, right, inputs = inputs_of_add(1)
        if is_http:
            results = [client.async_infer("add", inputs) for _ in range(64)]
            answers = [one.get_result() for one in results]
        else:
            done = queue.Queue()
            for _ in range(64):
                client.async_infer("add", inputs, callback=lambda result, error: done.put((result, error)))
            answers = []
            for _ in range(64):
                result, error = done.get(timeout=60)
                assert error is None, error
                answers.append(result)
        for answer in answers:
            np.testing.assert_array_equal(answer.as_numpy("OUTPUT0"), left + right)

    @check(f"{kind} 600 kB there and back")
    def _():
        value = np.random.default_rng(5).normal(size=(1, 3, 224, 224)).astype(np.float32)
        for binary in (True, False) if is_http else (True,):
            one = module.InferInput("INPUT0", list(value.shape), "FP32")
            one.set_data_from_numpy(value, **({"binary_data": binary} if is_http else {}))
            np.testing.assert_array_equal(client.infer("image", [one]).as_numpy("OUTPUT0"), value)


def shared_memory(module, client, is_http, is_allowed):
    """Tensors in shared memory, or their refusal."""
    import tritonclient.utils.shared_memory as shm

    kind = "http" if is_http else "grpc"

    @check(f"{kind} shared memory, which is {'allowed' if is_allowed else 'off'}")
    def _():
        client.unregister_system_shared_memory()
        client.unregister_cuda_shared_memory()
        key, size = f"/apus_{kind}", 16
        region = shm.create_shared_memory_region("region", key, 3 * size)
        try:
            if not is_allowed:
                refused(client.register_system_shared_memory, "not enabled", "region", key, 3 * size)
                return
            client.register_system_shared_memory("region", key, 3 * size)
            refused(client.register_system_shared_memory, "already in manager", "region", key, 3 * size)
            left, right = np.array([[1, 2, 3, 4]], np.float32), np.array([[5, 6, 7, 8]], np.float32)
            shm.set_shared_memory_region(region, [left])
            shm.set_shared_memory_region(region, [right], offset=size)
            inputs = [module.InferInput(name, [1, 4], "FP32") for name in ("INPUT0", "INPUT1")]
            inputs[0].set_shared_memory("region", size)
            inputs[1].set_shared_memory("region", size, offset=size)
            output = module.InferRequestedOutput("OUTPUT0")
            output.set_shared_memory("region", size, offset=2 * size)
            client.infer("add", inputs, outputs=[output])
            found = shm.get_contents_as_numpy(region, np.float32, [1, 4], offset=2 * size)
            np.testing.assert_array_equal(found, left + right)
            inputs[1].set_shared_memory("region", size, offset=3 * size)
            refused(client.infer, "Invalid offset for shared memory region", "add", inputs)
            assert "region" in str(client.get_system_shared_memory_status())
            client.unregister_system_shared_memory("region")
            refused(client.infer, "Unable to find shared memory region", "add", inputs)
        finally:
            shm.destroy_shared_memory_region(region)


def only_http(client, address):
    @check("http compression both ways")
    def _():
        value = np.zeros((1, 3, 224, 224), np.float32)
        one = httpclient.InferInput("INPUT0", list(value.shape), "FP32")
        one.set_data_from_numpy(value)
        for way in ("gzip", "deflate"):
            result = client.infer(
                "image", [one], request_compression_algorithm=way, response_compression_algorithm=way)
            np.testing.assert_array_equal(result.as_numpy("OUTPUT0"), value)

    @check("http raw binary request")
    def _():
        value = np.array([1, 2, 3], np.float32)
        request = urllib.request.Request(
            f"http://{address}/v2/models/identity_fp32/infer", data=value[:1].tobytes(),
            headers={"Inference-Header-Content-Length": "0", "Content-Type": "application/octet-stream"})
        with urllib.request.urlopen(request) as answer:
            assert answer.read().endswith(value[:1].tobytes())

    @check("http generate")
    def _():
        import json

        request = urllib.request.Request(
            f"http://{address}/v2/models/identity_bytes/generate", data=b'{"INPUT0": "hello"}')
        with urllib.request.urlopen(request) as answer:
            body = json.loads(answer.read())
            assert body["OUTPUT0"] == "hello", body
        request.full_url += "_stream"
        with urllib.request.urlopen(request) as answer:
            assert answer.headers["Content-Type"].startswith("text/event-stream")
            assert answer.read().startswith(b"data: {"), "no event"


def only_grpc(address):
    @check("grpc stream, in order, with an error within")
    def _():
        client = grpcclient.InferenceServerClient(address)
        done = queue.Queue()
        client.start_stream(callback=lambda result, error: done.put((result, error)))
        for number in range(50):
            one = [grpcclient.InferInput(name, [1, 4], "FP32") for name in ("INPUT0", "INPUT1")]
            for tensor in one:
                tensor.set_data_from_numpy(np.full((1, 4), number, np.float32))
            client.async_stream_infer("nobody" if number == 20 else "add", one, request_id=str(number))
        for number in range(50):
            result, error = done.get(timeout=60)
            if number == 20:
                assert "'nobody' is not found" in str(error), error
                continue
            assert error is None, error
            assert result.get_response().id == str(number)
            assert result.get_response().parameters["triton_final_response"].bool_param
            assert result.as_numpy("OUTPUT0")[0, 0] == 2 * number
        client.stop_stream()
        client.close()

    @check("grpc stream of sequences, every request sent at once")
    def _():
        client = grpcclient.InferenceServerClient(address)
        for model in ("sequence_direct", "sequence_oldest"):
            done = queue.Queue()
            client.start_stream(callback=lambda result, error: done.put((result, error)))
            for turn in range(20):
                for name in (101, "abc", 103, 104, 105, 106):
                    one = grpcclient.InferInput("INPUT0", [1, 2], "FP32")
                    one.set_data_from_numpy(np.full((1, 2), 1 + turn, np.float32))
                    client.async_stream_infer(
                        model, [one], request_id=f"{turn} {name}", sequence_id=name, sequence_start=turn == 0,
                        sequence_end=turn == 19)
            for _ in range(120):
                result, error = done.get(timeout=60)
                assert error is None, error
                turn = int(result.get_response().id.split(" ")[0])
                assert result.as_numpy("OUTPUT0")[0, 0] == 10 + (turn + 1) * (turn + 2) / 2, result.get_response().id
            client.stop_stream()
        client.close()

    @check("grpc health and compression")
    def _():
        import grpc

        with grpc.insecure_channel(address) as channel:
            call = channel.unary_unary("/grpc.health.v1.Health/Check")
            assert call(b"") == b"\x08\x01"
            watch = channel.unary_stream("/grpc.health.v1.Health/Watch")(b"")
            assert next(iter(watch)) == b"\x08\x01"
            watch.cancel()
            listed = channel.stream_stream("/grpc.reflection.v1.ServerReflection/ServerReflectionInfo")(
                iter([b"\x3a\x00"]))
            assert b"inference.GRPCInferenceService" in next(iter(listed))
        client = grpcclient.InferenceServerClient(address)
        value = np.zeros((1, 3, 224, 224), np.float32)
        one = grpcclient.InferInput("INPUT0", list(value.shape), "FP32")
        one.set_data_from_numpy(value)
        result = client.infer("image", [one], compression_algorithm="gzip")
        np.testing.assert_array_equal(result.as_numpy("OUTPUT0"), value)
        client.close()


def main():
    http, grpc, metrics, is_allowed = sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4] == "yes"
    with httpclient.InferenceServerClient(http, concurrency=16) as client:
        common(httpclient, client, True)
        shared_memory(httpclient, client, True, is_allowed)
        only_http(client, http)
    client = grpcclient.InferenceServerClient(grpc)
    common(grpcclient, client, False)
    shared_memory(grpcclient, client, False, is_allowed)
    client.close()
    only_grpc(grpc)

    @check("metrics")
    def _():
        with urllib.request.urlopen(f"http://{metrics}/metrics") as answer:
            assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
            assert b'nv_inference_request_success{' in answer.read()

    print(*counts)


main()
