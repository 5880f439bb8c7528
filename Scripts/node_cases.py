#!/usr/bin/env python3
# Part of Apus, Apache-2.0.
# SPDX-License-Identifier: Apache-2.0

"""Writes the node and simple cases of the installed onnx package as folders of models and tensors.

    node_cases.py FOLDER

The cases that need pictures use the frozen bytes onnx has for machines without Pillow, so that every machine writes
the same files.
"""

import argparse
import sys

sys.modules["PIL"] = None

import onnx.backend.test.cmd_tools as tools  # noqa: E402
from onnx.backend.test.case import node  # noqa: E402

wanted = argparse.Namespace(output=sys.argv[1])
tools.generate_data(wanted)
tools.model_test.collect_testcases = node.collect_testcases
tools.generate_data(wanted)
