# Part of Apus, Apache-2.0.
# SPDX-License-Identifier: Apache-2.0

"""Does to a server what networks and bad clients do; the last line counts checks: passed failed skipped.

Arguments: the apus tool and a folder of models; with --all also what takes half a minute and more, and what
is known not to be so yet.
"""

import json
import os
import pathlib
import resource
import socket
import struct
import subprocess
import sys
import time

from serve_process import Server

counts = [0, 0, 0]
TENSOR = struct.pack("<4f", 1, 2, 3, 4)
BODY = json.dumps({"inputs": [{"name": name, "shape": [1, 4], "datatype": "FP32", "data": [1, 2, 3, 4]}
                              for name in ("INPUT0", "INPUT1")]}).encode()
HTTP = (f"POST /v2/models/add/infer HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(BODY)}\r\n\r\n").encode() + BODY


def check(name, is_good, found=""):
    """Counts one thing that must be so."""
    counts[0 if is_good else 1] += 1
    if not is_good:
        print(f"    {name}: FAILED {found}")


def place(address):
    """A host and a port."""
    host, port = address.rsplit(":", 1)
    return host, int(port)


def connect(address, timeout=20):
    """A connection."""
    return socket.create_connection(place(address), timeout=timeout)


def end(connection, hard=False):
    """Closes a connection, as a process that dies does where it is hard."""
    if hard:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def answers(address, within=10):
    """Whether a good request is answered, in how many seconds."""
    start = time.monotonic()
    while time.monotonic() - start < within:
        try:
            with connect(address, timeout=within) as connection:
                connection.sendall(HTTP)
                if b"200 OK" in connection.recv(4096):
                    return time.monotonic() - start
        except OSError:
            pass
        time.sleep(0.02)
    return None


def is_open(connection):
    """Whether the other side has not closed a connection yet; what it sent is passed over."""
    connection.setblocking(False)
    try:
        while connection.recv(65536):
            pass
        return False
    except BlockingIOError:
        return True
    except OSError:
        return False


def descriptors(server):
    """How many descriptors a server has open."""
    return len(os.listdir(f"/proc/{server.process.pid}/fd"))


def memory(server):
    """The memory a server has in use, in megabytes."""
    text = pathlib.Path(f"/proc/{server.process.pid}/status").read_text(encoding="utf-8")
    return int(text.split("VmRSS:")[1].split()[0]) / 1024


def processor(server):
    """The time a server has computed, in seconds."""
    fields = pathlib.Path(f"/proc/{server.process.pid}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def settles(server, most, within=10):
    """Whether a server's descriptors become so few again."""
    stop = time.monotonic() + within
    while time.monotonic() < stop:
        if descriptors(server) <= most:
            return True
        time.sleep(0.05)
    return False


def varint(number):
    parts = bytearray()
    while number > 0x7F:
        parts.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes(parts) + bytes([number])


def block(field, contents):
    return varint(field << 3 | 2) + varint(len(contents)) + contents


def http2():
    """The bytes of a connection that calls ModelInfer over gRPC, written by hand."""
    def frame(kind, flags, stream, contents):
        return len(contents).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + contents

    def field(name, value):
        return b"\x00" + bytes([len(name)]) + name.encode() + bytes([len(value)]) + value.encode()

    fields = b"".join(field(*one) for one in (
        (":method", "POST"), (":scheme", "http"), (":path", "/inference.GRPCInferenceService/ModelInfer"),
        (":authority", "x"), ("content-type", "application/grpc"), ("te", "trailers")))

    def tensor(name):
        return block(5, block(1, name) + block(2, b"FP32") + block(3, bytes([1, 4])))

    message = block(1, b"add") + tensor(b"INPUT0") + tensor(b"INPUT1") + block(7, TENSOR) + block(7, TENSOR)
    message = b"\x00" + len(message).to_bytes(4, "big") + message
    return (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(4, 0, 0, b"") + frame(1, 4, 1, fields)
            + frame(0, 1, 1, message))


def cut(server, address, name, data):
    """Cuts a connection behind each byte of a request."""
    base = descriptors(server)
    for count in range(len(data)):
        connection = connect(address)
        connection.sendall(data[:count])
        end(connection, hard=count % 2 == 1)
    check(f"{name} cut at each of {len(data)} bytes: connections are gone", settles(server, base + 4),
          f"{descriptors(server)} descriptors, {base} before")


def whole(server):
    """The requests that are cut are good ones."""
    with connect(server.http) as connection:
        connection.sendall(HTTP)
        check("HTTP whole", b"200 OK" in connection.recv(4096))
    with connect(server.grpc) as connection:
        connection.sendall(http2())
        data = b""
        connection.settimeout(10)
        try:
            while b"OUTPUT1" not in data and (part := connection.recv(65536)):
                data += part
        except OSError:
            pass
        check("gRPC whole", b"OUTPUT1" in data, data[-200:])


def slow(server, address, name, beginning, within):
    """400 connections that send a beginning and then a byte at a time."""
    base = descriptors(server)
    connections = [connect(address) for _ in range(400)]
    for connection in connections:
        connection.sendall(beginning)
    start, others = time.monotonic(), []
    while connections and time.monotonic() - start < within:
        time.sleep(1)
        others.append(answers(server.http))
        left = [connection for connection in connections if is_open(connection)]
        for connection in left:
            try:
                connection.send(b"x")
            except OSError:
                pass
        for connection in set(connections) - set(left):
            connection.close()
        connections = left
    check(f"400 slow {name} are gone in time", not connections, f"{len(connections)} are left")
    check("others are answered meanwhile", None not in others and max(others) < 2, others)
    for connection in connections:
        connection.close()
    check(f"slow {name} leave nothing behind", settles(server, base + 4), f"{descriptors(server)}, {base} before")


def never_reads(server):
    """Clients that ask for much and read nothing."""
    value = b"\x00" * (4 * 3 * 224 * 224)
    text = json.dumps({"inputs": [{
        "name": "INPUT0", "shape": [1, 3, 224, 224], "datatype": "FP32",
        "parameters": {"binary_data_size": len(value)}}], "parameters": {"binary_data_output": True}}).encode()
    request = (f"POST /v2/models/image/infer HTTP/1.1\r\nHost: x\r\nInference-Header-Content-Length: {len(text)}\r\n"
               f"Content-Length: {len(text) + len(value)}\r\n\r\n").encode() + text + value
    base, before = descriptors(server), memory(server)
    connections = [connect(server.http) for _ in range(8)]
    sent = 0
    for connection in connections:
        connection.setblocking(False)
    for _ in range(60):
        for connection in connections:
            try:
                sent += connection.send(request)
            except OSError:
                pass
        time.sleep(0.01)
    check("others are answered while clients do not read", (answers(server.http) or 9) < 2)
    check("what nobody reads does not pile up", memory(server) - before < 200, f"{memory(server) - before:.0f} MB")
    if "--all" in sys.argv:
        stop = time.monotonic() + 60
        while time.monotonic() < stop and any(is_open_for_writing(one) for one in connections):
            time.sleep(1)
        check("clients that do not read are cut off", settles(server, base + 4, 5), f"{descriptors(server)}")
    for connection in connections:
        end(connection, hard=True)
    check("clients that do not read leave nothing behind", settles(server, base + 4), f"{descriptors(server)}")


def is_open_for_writing(connection):
    """Whether a connection is still there, without reading from it."""
    error = connection.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    state = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0]
    return error == 0 and state == 1


def exhausted(tool, models):
    """A server that may open few descriptors."""
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (80, limits[1]))
    try:
        server = Server(tool, models)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)
    with server:
        connections = []
        for _ in range(200):
            try:
                connections.append(connect(server.http, timeout=2))
            except OSError:
                break
        time.sleep(0.5)
        check("a server out of descriptors lives", server.process.poll() is None)
        if "--all" in sys.argv:
            before = processor(server)
            time.sleep(1)
            check("and does not spin", processor(server) - before < 0.5, f"{processor(server) - before:.2f} s in one")
        for connection in connections:
            end(connection)
        check("and answers when it has some again", answers(server.http) is not None)
        check("over gRPC too", grpc_answers(server.grpc))
    check("and ends as it should", server.process.returncode == 0, server.process.returncode)


def grpc_answers(address, within=10):
    """Whether a call over gRPC is answered."""
    stop = time.monotonic() + within
    while time.monotonic() < stop:
        try:
            with connect(address) as connection:
                connection.sendall(http2())
                connection.settimeout(2)
                data = b""
                while part := connection.recv(65536):
                    data += part
                    if b"OUTPUT1" in data:
                        return True
        except OSError:
            pass
        time.sleep(0.05)
    return False


def crowded(server):
    """More connections than there may be."""
    limit = 4096
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < limit + 200:
        counts[2] += 1
        print("    skipped: this system allows too few descriptors to reach the limit of connections")
        return
    base = descriptors(server)
    connections = []
    try:
        for _ in range(limit + 100):
            connections.append(connect(server.http, timeout=5))
    except OSError:
        pass
    check("the limit of connections is held", descriptors(server) <= base + limit + 64,
          f"{descriptors(server)} descriptors")
    check("and the server lives", server.process.poll() is None)
    for connection in connections:
        end(connection)
    check("and answers when they are gone", answers(server.http, within=20) is not None)
    check("and gives up their descriptors", settles(server, base + 4, 20), f"{descriptors(server)}, {base} before")


def per_peer(tool, models):
    """More connections of one client than one may have."""
    help_text = subprocess.run([tool, "serve", "--help"], capture_output=True, text=True, check=False).stdout
    if "--max-connections-per-peer" not in help_text:
        counts[2] += 1
        print("    skipped: this server has no limit of connections for each peer")
        return
    with Server(tool, models, "--max-connections-per-peer", "8") as server:
        connections = [connect(server.http) for _ in range(16)]
        time.sleep(0.5)
        left = sum(is_open(connection) for connection in connections)
        check("one peer has no more connections than it may", left <= 8, left)
        for connection in connections:
            end(connection)
        check("and gets new ones when they are gone", answers(server.http) is not None)


def main():
    """Does everything to one server, and what needs a server of its own to others."""
    tool, models = sys.argv[1:3]
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    with Server(tool, models) as server:
        whole(server)
        cut(server, server.http, "HTTP", HTTP)
        cut(server, server.grpc, "gRPC", http2())
        check("both answer after that", answers(server.http) is not None and grpc_answers(server.grpc))
        never_reads(server)
        slow(server, server.http, "heads", b"GET /v2 HTTP/1.1\r\nX-Slow: ", 20)
        if "--all" in sys.argv:
            slow(server, server.http, "bodies", HTTP[:-150], 60)
            slow(server, server.grpc, "prefaces", b"PRI", 60)
            slow(server, server.grpc, "calls", http2()[:-50], 60)
        crowded(server)
        check("both answer after everything", answers(server.http) is not None and grpc_answers(server.grpc))
    check("the server ends as it should", server.process.returncode == 0, server.process.returncode)
    exhausted(tool, models)
    per_peer(tool, models)
    print(*counts)


if __name__ == "__main__":
    main()
