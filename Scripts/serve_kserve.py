# Part of Apus, Apache-2.0.
# SPDX-License-Identifier: Apache-2.0

"""Drives a running server with KServe's clients; the last line counts checks: passed failed skipped.

Arguments: HTTP address, gRPC address.
"""

import asyncio
import sys
import traceback

import httpx
import numpy as np
from kserve import InferenceGRPCClient, InferenceRESTClient, InferInput, InferRequest, RESTConfig
from kserve.protocol.infer_type import RequestedOutput

counts = [0, 0, 0]
LEFT, RIGHT = np.array([[1, 2, 3, 4]], np.float32), np.array([[5, 6, 7, 8]], np.float32)


async def check(name, work):
    """Waits for something and counts how it ends."""
    try:
        await work
        counts[0] += 1
    except Exception:
        counts[1] += 1
        print(f"    {name}: FAILED")
        traceback.print_exc(file=sys.stdout)


def request(binary, **fields):
    """A request to add two rows of numbers."""
    inputs = []
    for name, value in (("INPUT0", LEFT), ("INPUT1", RIGHT)):
        one = InferInput(name, list(value.shape), "FP32")
        one.set_data_from_numpy(value, binary_data=binary)
        inputs.append(one)
    return InferRequest("add", inputs, request_id="7", **fields)


def verify(answer):
    """Checks the sum and the difference."""
    outputs = {one.name: one.as_numpy() for one in answer.outputs}
    np.testing.assert_array_equal(outputs["OUTPUT0"], LEFT + RIGHT)
    np.testing.assert_array_equal(outputs["OUTPUT1"], LEFT - RIGHT)
    assert answer.id == "7" and answer.model_name == "add", (answer.id, answer.model_name)


async def rest(address):
    """Everything the client for REST can do with protocol v2."""
    base = f"http://{address}"
    client = InferenceRESTClient(RESTConfig(protocol="v2"))

    async def ready():
        assert await client.is_server_ready(base)
        assert await client.is_server_live(base)
        assert await client.is_model_ready(base, "add")
        assert not await client.is_model_ready(base, "nobody")

    async def infer(binary, outputs):
        verify(await client.infer(base, request(binary, request_outputs=outputs), model_name="add"))

    async def refused():
        try:
            await client.infer(base, request(True), model_name="nobody")
        except httpx.HTTPStatusError as error:
            assert "Request for unknown model: 'nobody' is not found" in str(error), error
            return
        raise AssertionError("an unknown model was not refused")

    binary = [RequestedOutput(name, {"binary_data": True}) for name in ("OUTPUT0", "OUTPUT1")]
    await check("REST health", ready())
    for name, work in (("JSON", infer(False, None)), ("binary", infer(True, None)), ("refusal", refused()),
                       ("binary both ways", infer(True, binary)), ("JSON to binary", infer(False, binary))):
        await check(f"REST {name}", work)
    await client.close()


async def over_grpc(address):
    """Everything the client for gRPC can do."""
    client = InferenceGRPCClient(url=address)

    async def ready():
        assert await client.is_server_ready()
        assert await client.is_server_live()
        assert await client.is_model_ready("add")
        assert not await client.is_model_ready("nobody")

    async def infer(binary):
        verify(await client.infer(request(binary)))

    await check("gRPC health", ready())
    for binary in (False, True):
        await check(f"gRPC binary {binary}", infer(binary))
    await client.close()


asyncio.run(rest(sys.argv[1]))
asyncio.run(over_grpc(sys.argv[2]))
print(*counts)
