# Part of Apus, Apache-2.0.
# SPDX-License-Identifier: Apache-2.0

"""Measures Apus against its peers, row by row, and writes the page; goes on where it was stopped."""

import argparse
import datetime
import hashlib
import importlib.metadata
import json
import os
import pathlib
import subprocess
import sys
import time

import convert
import costs
import drive
import machine
import opening
import report
import rows
from results import Results

ROOT = pathlib.Path(__file__).resolve().parents[2]


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--apus", required=True, help="the release build of the tool")
    parser.add_argument("--peak", required=True, help="the program that measures the machine's peaks")
    parser.add_argument("--folder", type=pathlib.Path, required=True, help="where everything is kept")
    parser.add_argument("--page", type=pathlib.Path, default=ROOT / "Documentation" / "benchmarks.md")
    parser.add_argument("--rows", nargs="*", default=[], help="kinds, models or keys of rows; all when left out")
    parser.add_argument("--peers", nargs="*", default=[], help="only these peers")
    parser.add_argument("--threads", nargs="*", type=int)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=0.4, help="of one turn")
    parser.add_argument("--tries", type=int, default=3, help="how often a disturbed turn is begun")
    parser.add_argument("--openings", type=int, default=3, help="fresh processes for load times; 0: none")
    parser.add_argument("--fresh", action="store_true", help="measure again what was measured")
    parser.add_argument("--no-page", action="store_true", help="measure only")
    parser.add_argument("--only-page", action="store_true", help="write the page, measure nothing")
    return parser.parse_args()


class Session:
    """One call of this script: what it measures and where it keeps it."""

    def __init__(self, options):
        self.options = options
        self.file = options.folder / "results.json"
        empty = {"rows": {}, "costs": {}, "openings": {}, "peaks": {}}
        self.data = json.loads(self.file.read_text()) if self.file.exists() else empty
        self.settings = drive.Settings(
            options.apus, options.folder, options.rounds, options.seconds, tries=options.tries,
            openings=options.openings)
        self.build = hashlib.sha256(pathlib.Path(options.apus).read_bytes()).hexdigest()[:16]
        self.threads = options.threads or [count for count in (1, 2) if count <= (os.cpu_count() or 1)]
        self.begin = time.monotonic()

    def save(self):
        part = self.file.with_suffix(".part")
        part.write_text(json.dumps(self.data, indent=1))
        os.replace(part, self.file)

    def describe(self):
        """Notes the machine, the versions and the peaks."""
        revision = subprocess.run(
            ["git", "describe", "--always", "--dirty", "--tags"], cwd=ROOT, capture_output=True, text=True)
        self.data |= {
            "machine": machine.facts(), "date": datetime.date.today().isoformat(),
            "revision": revision.stdout.strip() or "of unknown revision",
            "versions": {each.title: importlib.metadata.version(each.package) for each in rows.PEERS
                         if self.is_installed(each)}}
        self.measure_peaks()

    def measure_peaks(self):
        """Measures what the machine can do; the best ever seen counts."""
        print("    measuring the machine's peaks", flush=True)
        self.data["peaks"] = machine.peaks(self.options.peak, self.threads, self.data["peaks"])
        self.save()

    @staticmethod
    def is_installed(engine):
        try:
            importlib.metadata.version(engine.package)
        except importlib.metadata.PackageNotFoundError:
            return False
        return True

    def engines(self, row):
        """Who takes part in a row: Apus and the peers that are wanted and there."""
        wanted = self.options.peers
        return [rows.APUS] + [each for each in rows.peers(row)
                              if self.is_installed(each) and (not wanted or each.name in wanted)]

    def is_current(self, entry):
        """Whether what is known is of this build and these peers."""
        return not self.options.fresh and entry is not None and entry["build"] == self.build

    def measure(self, chosen):
        """Measures every chosen row that is not known yet."""
        tasks = [(row, threads) for threads in self.threads for row in chosen]
        for number, (row, threads) in enumerate(tasks, 1):
            key = f"{row.key}/{threads}threads"
            if self.is_current(self.data["rows"].get(key)):
                continue
            if row.key not in self.data["costs"]:
                self.data["costs"][row.key] = costs.of_row(self.options.folder, row)
            self.say(f"[{number}/{len(tasks)}] {key}")
            cells, others = drive.measure(row, threads, self.settings, self.engines(row))
            self.data["rows"][key] = {
                "cells": cells, "others": others, "build": self.build, "rounds": self.options.rounds,
                "seconds": self.options.seconds}
            self.save()
            self.show(row, threads)

    def show(self, row, threads):
        results, words = Results(self.data), []
        for name, cell in results.entry(row, threads)["cells"].items():
            if "median" in cell:
                words.append(f"{name} {report.milliseconds(cell['median'])}" + (" (wrong)" if cell["wrong"] else ""))
            elif name == "apus":
                words.append(f"apus: {cell['reason']}")
        ratio, others = results.ratio(row, threads), results.entry(row, threads)["others"]
        words.append(f"Apus / fastest peer {ratio:.2f}" if ratio else "no ratio")
        print("        " + ", ".join(words) + f" (others {others:.0%})", flush=True)

    def open(self, chosen):
        """Measures how models are opened."""
        tasks = [row for row in chosen if opening.is_wanted(row)] if self.options.openings else []
        for number, row in enumerate(tasks, 1):
            if self.is_current(self.data["openings"].get(row.key)):
                continue
            self.say(f"[{number}/{len(tasks)}] opening {row.key}")
            found = opening.measure(row, self.threads[-1], self.settings, self.engines(row))
            self.data["openings"][row.key] = {"build": self.build, **found}
            self.save()

    def say(self, words):
        print(f"    {words} ({(time.monotonic() - self.begin) / 60:.0f} min)", flush=True)


def main():
    options = arguments()
    options.folder = options.folder.resolve()
    session = Session(options)
    chosen = rows.chosen(options.rows)
    if not chosen:
        sys.exit(f"no rows are called {' '.join(options.rows)}; there are: {' '.join(row.key for row in rows.ROWS)}")
    if options.fresh:
        convert.forget_failures(options.folder)
    if not options.only_page:
        session.describe()
        if not machine.computes_bf16(session.data["machine"]):
            chosen = [row for row in chosen if row.kind != "bf16"]
        session.measure(chosen)
        session.open(chosen)
        session.measure_peaks()
    if not options.no_page:
        if not session.data["rows"]:
            sys.exit("nothing is measured yet")
        report.write(session.data, options.page)
        print(f"    wrote {os.path.relpath(options.page)}")


main()
