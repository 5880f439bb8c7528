# Part of Apus, Apache-2.0.
# SPDX-License-Identifier: Apache-2.0

"""Starts a server on free ports of the loopback device and stops it."""

import signal
import subprocess
import sys
import threading


def start(tool, models, *options):
    """The process of a server."""
    return subprocess.Popen(
        [tool, "serve", str(models), "--no-measure", *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True)


class Server:
    """A server that is ready, and stopped at the end of its block."""

    def __init__(self, tool, models, *options):
        self.process = start(
            tool, models, "--http-port", "0", "--grpc-port", "0", "--metrics-port", "0", *options)
        self.lines, self.is_ready = [], threading.Event()
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()
        if not self.is_ready.wait(timeout=120) or self.process.poll() is not None:
            self.process.kill()
            raise SystemExit(f"the server did not start: {self.lines} {self.process.stderr.read()}")
        places = dict(line.split(" on ", 1) for line in self.lines if " on 127" in line)
        self.http, self.grpc, self.metrics = places["HTTP"], places["gRPC"], places["metrics"]

    def read(self):
        wanted = {"ready", "HTTP", "gRPC", "metrics"}
        for line in self.process.stdout:
            self.lines.append(line.rstrip("\n"))
            if " on unix:" not in line:
                wanted.discard(line.rstrip("\n").split(" on ")[0])
            if not wanted:
                self.is_ready.set()
        self.is_ready.set()

    def output(self):
        """What it has said, once it has ended."""
        self.reader.join(timeout=20)
        return self.lines

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(timeout=40)
            except subprocess.TimeoutExpired:
                self.process.kill()
                raise


def main():
    """Starts a server, runs a command with its addresses in place of HTTP, GRPC and METRICS, and stops it."""
    end = sys.argv.index("--")
    with Server(*sys.argv[1:end]) as server:
        places = {"HTTP": server.http, "GRPC": server.grpc, "METRICS": server.metrics}
        code = subprocess.run([places.get(one, one) for one in sys.argv[end + 1:]], check=False).returncode
    if server.process.returncode != 0:
        print(f"the server ended with {server.process.returncode}: {server.process.stderr.read()}")
        code = code or 1
    raise SystemExit(code)


if __name__ == "__main__":
    main()
