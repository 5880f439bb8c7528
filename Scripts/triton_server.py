# Part of Apus, Apache-2.0.
# SPDX-License-Identifier: Apache-2.0

"""A real Triton server on free ports of the loopback device, from the files of a wheel, and models for it."""

import http.client
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import time
import zipfile

# Triton's interpreter ignores PYTHONPATH.
MODEL = '''# Part of Apus, Apache-2.0.
import json
import sys

sys.path.insert(0, PACKAGES)
import triton_python_backend_utils as utils


class TritonPythonModel:
    def initialize(self, arguments):
        configuration = json.loads(arguments["model_config"])
        self.inputs = [one["name"] for one in configuration["input"]]
        self.outputs = [one["name"] for one in configuration["output"]]

    def execute(self, requests):
        responses = []
        for request in requests:
            values = [utils.get_input_tensor_by_name(request, name).as_numpy() for name in self.inputs]
            if len(values) == 2:
                values = [values[0] + values[1], values[0] - values[1]]
            wanted = request.requested_output_names()
            responses.append(utils.InferenceResponse([
                utils.Tensor(name, value) for name, value in zip(self.outputs, values) if name in wanted]))
        return responses
'''


def unpack(wheel, folder):
    """Lays the server's files out as it wants them; the folder then has `bin/tritonserver`."""
    folder = pathlib.Path(folder)
    part = folder.with_name(folder.name + ".part")
    shutil.rmtree(part, ignore_errors=True)
    stub = f"python_backend_stubs/{sys.version_info.major}.{sys.version_info.minor}/triton_python_backend_stub"
    with zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            place = name.split("pytriton/tritonserver/", 1)[-1] if "pytriton/tritonserver/" in name else None
            if place is None and "nvidia_pytriton.libs/" in name:
                place = "../nvidia_pytriton.libs/" + name.rsplit("/", 1)[1]
            if not place or name.endswith("/") or ("python_backend_stubs" in place and place != stub):
                continue
            target = (part / "pytriton/tritonserver" / place) if not place.startswith("..") else (
                part / place.removeprefix("../"))
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(archive.read(name))
    root = part / "pytriton/tritonserver"
    shutil.copy(root / stub, root / "backends/python/triton_python_backend_stub")
    for program in (root / "bin/tritonserver", root / "backends/python/triton_python_backend_stub"):
        program.chmod(0o755)
    part.rename(folder)


def write_model(folder, configuration, packages, versions=("1",)):
    """A model of Triton's that does what the models of differential_models.py do, with NumPy of a folder."""
    for version in versions:
        (folder / version).mkdir(parents=True, exist_ok=True)
        (folder / version / "model.py").write_text(MODEL.replace("PACKAGES", repr(str(packages))))
    (folder / "config.pbtxt").write_text(f'backend: "python"\n{configuration}')


def free_ports(count):
    """Ports that nothing listens on."""
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


class Triton:
    """A server that is started at once, ready after `wait`, and stopped by `stop`."""

    def __init__(self, folder, models, log, *options):
        root = pathlib.Path(folder) / "pytriton/tritonserver"
        ports = free_ports(3)
        self.http, self.grpc, self.metrics = (f"127.0.0.1:{port}" for port in ports)
        self.log = pathlib.Path(log)
        with open(self.log, "w", encoding="utf-8") as output:
            self.process = subprocess.Popen(
                [root / "bin/tritonserver", f"--model-repository={models}", f"--backend-directory={root}/backends",
                 f"--cache-directory={root}/caches", "--http-address=127.0.0.1", f"--http-port={ports[0]}",
                 "--grpc-address=127.0.0.1", f"--grpc-port={ports[1]}", "--metrics-address=127.0.0.1",
                 f"--metrics-port={ports[2]}", "--exit-timeout-secs=2", *options],
                stdout=output, stderr=output)

    def wait(self, seconds=40):
        """Waits until it is ready."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self.process.poll() is not None:
                break
            try:
                connection = http.client.HTTPConnection(self.http, timeout=5)
                connection.request("GET", "/v2/health/ready")
                if connection.getresponse().status == 200:
                    return
            except OSError:
                pass
            time.sleep(0.1)
        self.stop()
        raise RuntimeError("Triton did not start: " + self.log.read_text(encoding="utf-8")[-2000:])

    def stop(self):
        """Ends it."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(timeout=15)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


if __name__ == "__main__":
    unpack(sys.argv[1], sys.argv[2])
