# Part of Apus, Apache-2.0.
# SPDX-License-Identifier: Apache-2.0

"""What differs between Apus and Triton on purpose, and why.

Each entry is a sentence and a function that says whether it explains a difference: of two whole answers, or of one
place in them. Documentation/serving.md says the same.
"""

import re

# Texts that clients search for: Apus' must begin as Triton's.
WORDS = re.compile(
    "Request for unknown model|requested model|Model version not ready|unexpected inference (in|out)put|expected "
    "[0-9]+ inputs|data-type is|unexpected shape|batch-size must|byte size mismatch|Exceeds maximum|Request timeout|"
    "explicit model load|already in manager|Unable to (find|open)|additional|Invalid offset|Not Found|"
    "Method Not Allowed|not supported|file location|doesn't support|failed to load|trace file name")
# What Apus says of requests that it cannot even read.
UNREADABLE = re.compile(
    "at byte [0-9]+ of the request|unexpected number of elements|of input '.*' is unknown|no contents, and there are|"
    "is missing or no size|is no size|a multiple of")


def refused(answer):
    """Whether an answer is an error."""
    return answer["status"] not in (200, 204, "OK")


def error(answer):
    """The words of an answer that is an error."""
    body = answer.get("body")
    return str(body.get("error", "")) if isinstance(body, dict) else ""


def client_error(name, triton, apus):
    pairs = [(500, 400), (500, 404), ("INTERNAL", "INVALID_ARGUMENT"), ("INTERNAL", "NOT_FOUND"),
             ("UNKNOWN", "INVALID_ARGUMENT")]
    is_format = "log_format" in name and triton["status"] in (503, "UNAVAILABLE")
    return (triton["status"], apus["status"]) in pairs or (
        is_format and apus["status"] in (400, "INVALID_ARGUMENT"))


def only_apus_refuses(triton, apus, text):
    return not refused(triton) and refused(apus) and re.search(text, error(apus)) is not None


WHOLE = [
    ("FP16 and BF16 may be JSON numbers",
     lambda name, triton, apus: "via JSON is not supported" in error(triton) and not refused(apus)),
    ("mistakes of a client are 4xx and INVALID_ARGUMENT, also those that Triton calls its own", client_error),
    ("numbers outside the range of their datatype are refused, not cut",
     lambda name, triton, apus: only_apus_refuses(triton, apus, "is not in the range of")),
    ("what has the wrong type, or is no JSON object, is refused and not passed over",
     lambda name, triton, apus: only_apus_refuses(triton, apus, "at byte [0-9]+ of the request's JSON")),
    ("settings and values of settings that do not exist are refused",
     lambda name, triton, apus: only_apus_refuses(
         triton, apus, "unknown (trace|log) setting|trace_level is|trace mode can not|expected a count")),
    ("an empty body of settings changes nothing",
     lambda name, triton, apus: "document is empty" in error(triton) and not refused(apus) and "/v2/" in name),
    ("HEAD and OPTIONS are answered", lambda name, triton, apus: name.startswith(("HEAD", "OPTIONS"))),
    ("/v2/ is /v2, names in paths may be percent-encoded, and two slashes count as one",
     lambda name, triton, apus: name == "GET /v2/" or "a%64d" in name or "/v2//" in name),
    ("a raw request may be one string for any model that takes one",
     lambda name, triton, apus: name == "a raw string"),
    ("bodies that are not compressed as they claim are refused",
     lambda name, triton, apus: name == "packed by none"),
    ("trace settings of an unknown model are NOT_FOUND",
     lambda name, triton, apus: "nobody" in name and "trace" in name and refused(triton) and apus["status"] in (
         404, "NOT_FOUND")),
    ("a region of shared memory may begin anywhere in its object, not at pages only",
     lambda name, triton, apus: name.startswith("register within") and not refused(apus)),
    ("over gRPC a request that cannot be read is INVALID_ARGUMENT, also where there is no such model",
     lambda name, triton, apus: name.startswith("bytes:") and "unknown model" in error(triton)
     and apus["status"] == "INVALID_ARGUMENT"),
    ("text that is not UTF-8 is refused for that, and never sent back",
     lambda name, triton, apus: name == "bad: bad UTF-8" and triton["status"] == apus["status"]),
    ("negative time-outs are refused", lambda name, triton, apus: name == "parameter timeout int64_param -1"),
    ("parameters of the caller's own may have any type",
     lambda name, triton, apus: name.startswith("parameter custom") and not refused(apus)),
    ("versions are whole numbers, not texts that begin with one",
     lambda name, triton, apus: "'1.5'" in name and refused(apus)),
    ("a batch of no rows is refused", lambda name, triton, apus: name == "shape (0, 4)" and refused(apus)),
    ("of bytes that are no message only the code is compared",
     lambda name, triton, apus: name.startswith("bytes:") and triton["status"] == apus["status"] and refused(apus)),
]


def other_words(name, triton, apus, path, one, other):
    if path.rsplit(".", 1)[-1] not in ("error", "error_message") or triton["status"] != apus["status"]:
        return False
    one = str(one).split(" NOTE:")[0].rstrip(".")
    return other != "nothing" and (
        not WORDS.search(one) or str(other).startswith(one) or UNREADABLE.search(str(other)) is not None)


def first_mistake(name, triton, apus, path, one, other):
    """Whether both name a mistake of the same request, and not the same one."""
    return path.endswith("error") and triton["status"] == apus["status"] and (
        "byte size mismatch" in str(other) or "BYTES tensor" in str(other) or "element c" in str(other)
        or re.sub("INPUT[01]|got .*", "", str(one)) == re.sub("INPUT[01]|got .*", "", str(other)))


SINGLE = [
    ("models are ONNX here, and Python in the Triton they are compared with",
     lambda name, triton, apus, path, one, other: path.endswith(
         ("platform", "backend", "default_model_filename", "runtime"))),
    ("times differ",
     lambda name, triton, apus, path, one, other: path.endswith((".ns", "last_inference"))),
    ("answers of health have JSON bodies",
     lambda name, triton, apus, path, one, other: path in ("body.name", "body.ready", "body.live", "body.text")
     and one in ("", "nothing") and triton.get("fields", {}).get("content-type") == "text/plain"),
    ("errors are application/json also where Triton says text/plain",
     lambda name, triton, apus, path, one, other: path == "fields.content-type" and one == "text/plain"
     and other == "application/json"),
    ("messages say more, or other words where no client searches for them", other_words),
    ("of several mistakes another one may be named first", first_mistake),
    ("listed outputs are binary where the request asks for binary outputs, as the protocol's documents say",
     lambda name, triton, apus, path, one, other: name.startswith("outputs") and "all binary" in name),
    ("outputs come in the order they were asked for",
     lambda name, triton, apus, path, one, other: name in (
         'outputs [{"name": "OUTPUT1"}, {"name": "OUTPUT0"}]', "outputs ['OUTPUT1', 'OUTPUT0']")),
    ("zstd is spoken as well",
     lambda name, triton, apus, path, one, other: path == "fields.accept-encoding" and other == f"{one}, zstd"),
    ("a server has its own name and version",
     lambda name, triton, apus, path, one, other: name in ("GET /v2", "ServerMetadata")
     and path.removeprefix("body.") in ("name", "version")),
    ("counts differ after requests that only one of both answered",
     lambda name, triton, apus, path, one, other: "model_stats" in path and "count" in path
     and not name.startswith("statistics of")),
    ("the index says why a model was not loaded again, while its old version serves",
     lambda name, triton, apus, path, one, other: path.endswith("reason") and one == "nothing"
     and str(other).startswith("failed to load")),
]


def whole(name, triton, apus):
    """The reason why two answers differ, or nothing."""
    return next((why for why, applies in WHOLE if applies(name, triton, apus)), None)


def single(name, triton, apus, path, one, other):
    """The reason why one place of two answers differs, or nothing."""
    return next((why for why, applies in SINGLE if applies(name, triton, apus, path, one, other)), None)


def reasons():
    """All reasons in their order."""
    return [entry[0] for entry in WHOLE + SINGLE]
