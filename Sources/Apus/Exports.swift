// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

@_exported public import ApusTensors

@_exported public import enum ApusKernels.InstructionSet
@_exported public import enum ApusKernels.Precision
