# Part of Apus, Apache-2.0.
# SPDX-License-Identifier: Apache-2.0

"""Does what README's section Serve shows; the last line counts checks: passed failed skipped.

Arguments: the apus tool and a folder to work in. Only ports differ from what is written, as others may be in use.
"""

import json
import pathlib
import re
import shutil
import subprocess
import sys

from onnx_writer import Graph
from serve_process import Server


def blocks():
    """The commands of the section's first block, each with the lines it goes on in."""
    text = pathlib.Path("README.md").read_text(encoding="utf-8").split("\n## Serve\n", 1)[1]
    block = re.search(r"```sh\n(.*?)```", text, re.DOTALL).group(1)
    return re.split(r"\n(?=\S)", block.strip())


def main():
    """Serves a classifier and asks it."""
    tool, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    graph = Graph("classifier")
    graph.node("Softmax", ["input"], "output")
    (folder / "classifier.onnx").write_bytes(
        graph.model([("input", ["batch", 4])], [("output", ["batch", 4])], 21, 10, "apus tests"))
    commands = blocks()
    counts = [0, 0, 0]
    assert commands[0].startswith("apus serve classifier.onnx"), commands
    with Server(tool, folder / "classifier.onnx") as server:
        for command in commands[1:]:
            run = subprocess.run(
                ["bash", "-c", command.replace("localhost:8000", server.http)], capture_output=True, text=True,
                timeout=60, check=False)
            try:
                answer = json.loads(run.stdout)
            except ValueError:
                answer = {"error": run.stdout + run.stderr}
            is_good = run.returncode == 0 and answer.get("error") is None and "outputs" in answer
            counts[0 if is_good else 1] += 1
            if not is_good:
                print(f"    {command}: {answer}")
    print(*counts)


if __name__ == "__main__":
    main()
