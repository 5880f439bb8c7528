# Part of Apus, Apache-2.0.
# SPDX-License-Identifier: Apache-2.0

"""Measures rows: a process for each engine, all alive, taking turns, so that the machine's moods fall on all alike."""

import contextlib
import dataclasses
import json
import os
import subprocess
import sys
import time

import numpy
import onnx

import convert
import machine
import models
import rows

DISTURBED = 0.06
TOLERANCE = {"fp32": 0.01, "call": 0.01}


@dataclasses.dataclass
class Settings:
    """How long and how often."""
    apus: str
    folder: os.PathLike
    rounds: int = 5
    seconds: float = 0.4
    least: int = 3
    tries: int = 3
    openings: int = 3


class Worker:
    """The process of one engine."""

    def __init__(self, engine, command):
        self.engine, begin = engine, time.perf_counter()
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
            env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"})
        self.report = self.answer()
        self.report["start_ms"] = 1000 * (time.perf_counter() - begin)

    def answer(self):
        """The next line; a dead process answers with a reason."""
        line = self.process.stdout.readline()
        return json.loads(line) if line else {"error": f"its process ends with {self.process.wait()}"}

    def turn(self, settings):
        """The nanoseconds of each run of one turn, repeated while others disturb it, and the share others took."""
        best = ([], 1.0)
        for attempt in range(settings.tries):
            try:
                before = machine.Usage(self.process.pid)
                self.process.stdin.write(f"run {settings.seconds} {settings.least}\n")
                self.process.stdin.flush()
                times = self.answer().get("ns", [])
                others = before.others(machine.Usage(self.process.pid))
            except OSError:
                return [], 1.0
            if not best[0] or others < best[1]:
                best = times, others
            if others < DISTURBED:
                break
            if attempt + 1 < settings.tries:
                machine.wait_for_quiet(10)
        return best

    def close(self):
        with contextlib.suppress(OSError):
            self.process.stdin.write("quit\n")
            self.process.stdin.close()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class Contest:
    """A row at a number of threads: its files, its inputs and how each engine is started on them."""

    def __init__(self, row, threads, settings):
        self.row, self.threads, self.settings = row, threads, settings
        self.model = models.model_path(settings.folder / "models", row.model, row.batch)
        self.sizes = {"batch": row.batch, "length": row.length}
        self.symbols = models.symbols(self.model)
        self.outputs = [each.name for each in onnx.load(self.model, load_external_data=False).graph.output]
        values = models.inputs(self.model, self.sizes)
        self.names = list(values)
        self.inputs = settings.folder / "run" / "inputs.npz"
        self.inputs.parent.mkdir(parents=True, exist_ok=True)
        numpy.savez(self.inputs, **values)

    def results(self, engine):
        return self.settings.folder / "run" / f"{engine.name}.npz"

    def refusal(self, engine):
        """Why an engine does not take part, and the file converted for it."""
        if self.threads > engine.most_threads:
            return "one thread only", None
        if self.row.batch > engine.most_batch:
            return "no batches", None
        converted, reason = convert.converted(self.settings.folder, engine, self.row)
        return reason, converted

    def start(self, engine, converted=None, keeps=True, model=None):
        """Starts an engine's process; it loads, runs once, and writes its outputs where they are kept."""
        results = str(self.results(engine)) if keeps else ""
        if engine.name.startswith("apus"):
            command = [self.settings.apus, "bench", str(model or self.model), "--worker", "--threads",
                       str(self.threads), "--inputs", str(self.inputs)]
            command += ["--outputs", results] if keeps else []
            command += ["--precision", "bf16"] if self.row.kind == "bf16" else []
            for name in [] if model else self.symbols:
                command += ["--size", f"{name}={self.sizes[name]}"]
            return Worker(engine, command)
        task = {
            "module": engine.module, "model": str(self.model), "converted": converted, "threads": self.threads,
            "precision": self.row.kind, "symbols": self.symbols, "sizes": self.sizes, "inputs": str(self.inputs),
            "names": self.names, "outputs": self.outputs, "results": results}
        script = os.path.join(os.path.dirname(__file__), "worker.py")
        return Worker(engine, [sys.executable, script, json.dumps(task)])

    def difference(self, engine, reference):
        """How far an engine's outputs are from ONNX Runtime's, as a share of the largest number there."""
        worst = 0.0
        with numpy.load(self.results(engine)) as ours, numpy.load(reference) as theirs:
            for name in self.outputs:
                if name not in ours:
                    continue
                value, expected = ours[name].astype(numpy.float64), theirs[name].astype(numpy.float64)
                if value.size != expected.size:
                    return None
                largest = numpy.abs(expected).max()
                worst = max(worst, float(numpy.abs(value.reshape(expected.shape) - expected).max() / largest))
        return worst if numpy.isfinite(worst) else None


def measure(row, threads, settings, engines):
    """The row's cells by engine: times in milliseconds, or the reason there are none."""
    contest = Contest(row, threads, settings)
    cells, workers = {}, []
    for engine in engines:
        reason, converted = contest.refusal(engine)
        if not reason:
            contest.results(engine).unlink(missing_ok=True)
            worker = contest.start(engine, converted)
            reason = worker.report.get("error")
            workers.append(worker)
        if reason:
            cells[engine.name] = {"reason": reason.split("\n")[0]}
    workers = [worker for worker in workers if worker.engine.name not in cells or worker.close()]
    reference = contest.settings.folder / "run" / "reference.npz"
    judge(contest, workers, cells, reference)
    times, shares = {worker.engine.name: [] for worker in workers}, []
    for worker in workers:
        worker.turn(dataclasses.replace(settings, tries=1))
    for index in range(settings.rounds):
        for worker in workers[::-1] if index % 2 else workers:
            # What spun for the last engine goes to sleep first.
            time.sleep(0.06)
            found, others = worker.turn(settings)
            times[worker.engine.name] += found
            shares.append(others)
    for worker in workers:
        worker.close()
        cells[worker.engine.name] |= summary(times[worker.engine.name])
    return cells, (sum(shares) / len(shares) if shares else 0)


def judge(contest, workers, cells, reference):
    """Compares every engine's first outputs with ONNX Runtime's in 32 bits."""
    peer = next(each for each in rows.PEERS if each.name == "onnxruntime")
    known = next((worker for worker in workers if worker.engine is peer), None)
    if known is None:
        contest.results(peer).unlink(missing_ok=True)
        contest.start(peer).close()
    if not contest.results(peer).exists():
        reference = None
    else:
        os.replace(contest.results(peer), reference)
    for worker in workers:
        own = 0.0 if worker is known else contest.difference(worker.engine, reference) if reference else None
        tolerance = TOLERANCE.get(contest.row.kind, 0.1)
        cells[worker.engine.name] = {"difference": own, "wrong": reference is not None and not (
            own is not None and own <= tolerance)}


def summary(times):
    """What is kept of many runs, in milliseconds."""
    if not times:
        return {"reason": "its process ends while it runs"}
    found = numpy.array(times) / 1e6
    return {"median": float(numpy.median(found)), "p99": float(numpy.percentile(found, 99)),
            "least": float(found.min()), "runs": len(times)}
