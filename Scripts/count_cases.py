#!/usr/bin/env python3
# Part of Apus, Apache-2.0.
# SPDX-License-Identifier: Apache-2.0

"""Prints each board of `apus conformance --json` with what did not pass, then the counts of all together.

Skipped cases and their reasons are the same on every board and printed once; with `listed` they are neither printed
nor counted.

    count_cases.py BOARDS.json LEAST [listed]
"""

import json
import sys

try:
    with open(sys.argv[1]) as file:
        boards = json.load(file)
    assert isinstance(boards, list)
except (OSError, ValueError, AssertionError):
    print("    no boards were written")
    print("0 1 0")
    sys.exit()
is_listed = sys.argv[3:] == ["listed"]
sums = [0, 0, 0]
for board in boards:
    counts = [board["total"][kind] for kind in ("passed", "failed", "skipped")]
    enough = counts[0] >= int(sys.argv[2])
    print(f"    {board['title']}: {counts[0]} passed, {counts[1]} failed, {counts[2]} skipped")
    for case in board["notPassed"]:
        if "failed" in case:
            print(f"        failed {case['case']}: {case['failed']}"[:300])
        elif board is boards[0] and not is_listed:
            print(f"        skipped {case['case']}: {case['skipped']}")
    if not enough:
        print(f"    that is fewer than the {sys.argv[2]} that must pass")
        counts[1] = max(counts[1], 1)
    if is_listed:
        counts[2] = 0
    sums = [one + other for one, other in zip(sums, counts)]
print(*sums)
