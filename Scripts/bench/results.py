# Part of Apus, Apache-2.0.
# SPDX-License-Identifier: Apache-2.0

"""Reads the measurements and says what they mean: who is ahead in a row, by how much, and where Apus is behind."""

import math

import costs
import rows

TIE = 0.05


class Results:
    """The measurements of one machine."""

    def __init__(self, data):
        self.data, self.machine = data, data["machine"]
        self.threads = sorted({int(key.rsplit("/", 1)[1].removesuffix("threads")) for key in data["rows"]})

    def entry(self, row, threads):
        return self.data["rows"].get(f"{row.key}/{threads}threads")

    def cell(self, row, threads, engine):
        return (self.entry(row, threads) or {"cells": {}})["cells"].get(engine, {})

    def time(self, row, threads, engine):
        """An engine's median in milliseconds, if it ran and its outputs are right."""
        cell = self.cell(row, threads, engine)
        return None if cell.get("wrong", True) else cell.get("median")

    def measured(self, kind, threads):
        """The rows of a kind that were measured."""
        return [row for row in rows.ROWS if row.kind == kind and self.entry(row, threads)]

    def best_peer(self, row, threads):
        """The fastest peer with right outputs and its time."""
        found = [(time, each) for each in rows.peers(row) if (time := self.time(row, threads, each.name))]
        return min(found, key=lambda pair: pair[0], default=(None, None))

    def ratio(self, row, threads, engine=None):
        """The time of Apus as a share of a peer's, the fastest one's when none is named."""
        own = self.time(row, threads, "apus")
        other = self.time(row, threads, engine) if engine else self.best_peer(row, threads)[0]
        return own / other if own and other else None

    def limit(self, row, threads):
        """The row's limit in milliseconds."""
        found, peaks = self.data["costs"].get(row.key), self.data["peaks"].get(str(threads))
        return costs.limit(found, peaks, row.kind) if found and peaks else None

    def ratios(self, kind, threads, engine=None):
        """All ratios of a kind that exist."""
        found = (self.ratio(row, threads, engine) for row in self.measured(kind, threads))
        return [ratio for ratio in found if ratio]

    def verdicts(self, kinds):
        """Rows by verdict: ahead, tied, behind, each with its threads and ratio."""
        result = {"ahead": [], "tied": [], "behind": []}
        for kind in kinds:
            for threads in self.threads:
                for row in self.measured(kind, threads):
                    ratio = self.ratio(row, threads)
                    if ratio:
                        name = "ahead" if ratio < 1 - TIE else "tied" if ratio <= 1 + TIE else "behind"
                        result[name].append((row, threads, ratio))
        return result


def mean(ratios):
    """The geometric mean."""
    return math.exp(sum(map(math.log, ratios)) / len(ratios)) if ratios else None
