# Part of Apus, Apache-2.0.
# SPDX-License-Identifier: Apache-2.0

"""One module for each peer: `load(task, inputs)` gives a call that runs the model once, and one that reads its outputs.

A module imports its engine at its top, so that the import can be timed apart from the loading.
"""
