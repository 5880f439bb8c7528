# Part of Apus, Apache-2.0.
# SPDX-License-Identifier: Apache-2.0

"""The machine: what it is, what it can do at most, and who else is using it."""

import json
import os
import platform
import subprocess
import time


def read(path):
    with open(path) as file:
        return file.read()


def facts():
    """What a reader has to know about the machine."""
    info = {"system": platform.system() + " " + platform.machine(), "cores": os.cpu_count()}
    lines = dict(
        (part.strip() for part in line.split(":", 1)) for line in read("/proc/cpuinfo").splitlines() if ":" in line)
    info["processor"] = lines.get("model name") or lines.get("CPU part") or platform.machine()
    flags = set((lines.get("flags") or lines.get("Features") or "").split())
    wanted = ["avx2", "avx512f", "avx512_vnni", "avx512_bf16", "amx_bf16", "asimddp", "bf16", "i8mm"]
    info["instructions"] = [name for name in wanted if name in flags]
    info["memory_gib"] = round(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30)
    return info


def computes_bf16(machine):
    """Whether the processor multiplies bf16 numbers itself."""
    return bool({"avx512_bf16", "amx_bf16", "bf16"} & set(machine["instructions"]))


def peaks(program, threads, best):
    """The most ever measured of arithmetic and of reading; a peak is the best of all times."""
    for count in threads:
        wait_for_quiet(10)
        found = json.loads(subprocess.check_output([program, str(count)], text=True))
        known = best.setdefault(str(count), {})
        for name, value in found.items():
            known[name] = max(value, known.get(name, 0))
    return best


class Usage:
    """What the processor has done up to now: altogether, at work, and for one process."""

    def __init__(self, process):
        fields = [int(word) for word in read("/proc/stat").split("\n", 1)[0].split()[1:9]]
        # Field 3 is idle, 4 waits for disks; what the host took away counts as work of others.
        self.all, self.busy = sum(fields), sum(fields) - fields[3] - fields[4]
        own = read(f"/proc/{process}/stat").rsplit(")", 1)[1].split()
        self.own = int(own[11]) + int(own[12])

    def others(self, later):
        """The share of the whole processor that others took between two moments."""
        span = max(1, later.all - self.all)
        return max(0, (later.busy - self.busy - later.own + self.own) / span)


def wait_for_quiet(seconds, share=0.12):
    """Waits until little else runs; a number of seconds at most."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        before = Usage(os.getpid())
        time.sleep(0.25)
        if before.others(Usage(os.getpid())) < share:
            return
