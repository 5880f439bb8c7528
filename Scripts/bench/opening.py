# Part of Apus, Apache-2.0.
# SPDX-License-Identifier: Apache-2.0

"""Opening a model: fresh processes that load, run once and end."""

import statistics
import subprocess

import drive
import rows

PLAN = rows.Engine("apus-plan", "Apus, from a plan file")


def is_wanted(row):
    """Whether opening this row's model is measured: each model once, at its usual size."""
    return row.kind in ("fp32", "int8") and row.batch == 1 and row.length != 16


def plan_of(contest):
    """The plan file of a row's model, written anew; None where that fails."""
    target = contest.settings.folder / "run" / "model.plan"
    target.unlink(missing_ok=True)
    command = [contest.settings.apus, "build", str(contest.model), "-o", str(target), "--threads",
               str(contest.threads)]
    for name in contest.symbols:
        command += ["--size", f"{name}={contest.sizes[name]}"]
    done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return target if done.returncode == 0 and target.exists() else None


def measure(row, threads, settings, engines):
    """Medians over fresh processes that take turns, by engine."""
    contest = drive.Contest(row, threads, settings)
    plan, reports = plan_of(contest), {}
    for _ in range(settings.openings):
        for engine in [*engines, PLAN]:
            if engine is PLAN:
                worker = contest.start(engine, keeps=False, model=plan) if plan else None
            else:
                contest.threads = min(threads, engine.most_threads)
                reason, converted = contest.refusal(engine)
                worker = None if reason else contest.start(engine, converted, keeps=False)
                contest.threads = threads
            if worker:
                worker.close()
                if "error" not in worker.report:
                    reports.setdefault(engine.name, []).append(worker.report)
    return {name: {key: statistics.median(each[key] for each in found) for key in found[0]}
            for name, found in reports.items()}
