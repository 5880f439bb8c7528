#!/usr/bin/env python3
# Part of Apus, Apache-2.0.
# SPDX-License-Identifier: Apache-2.0

"""Prints how many tests a results file has, and how many of them failed and were skipped."""

import sys
import xml.etree.ElementTree as xml

try:
    suites = list(xml.parse(sys.argv[1]).getroot().iter("testsuite"))
    total = [sum(int(one.get(name, 0)) for one in suites) for name in ("tests", "failures", "errors", "skipped")]
    print(total[0], total[1] + total[2], total[3])
except OSError:
    print(0, 0, 0)
