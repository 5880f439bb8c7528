#!/usr/bin/env python3
# Part of Apus, Apache-2.0.
# SPDX-License-Identifier: Apache-2.0

"""Writes the class names of a JSON object with the keys "0" to "999" one a line.

    labels.py CLASSES.json NAMES.txt
"""

import json
import sys

with open(sys.argv[1]) as file:
    names = json.load(file)
with open(sys.argv[2], "w") as file:
    file.writelines(names[str(number)] + "\n" for number in range(len(names)))
