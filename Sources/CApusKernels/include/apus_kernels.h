// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

#ifndef APUS_KERNELS_H
#define APUS_KERNELS_H

/// Instruction sets a kernel table may be compiled for, in order of preference.
enum apus_isa { APUS_ISA_SCALAR = 0, APUS_ISA_AVX2 = 1, APUS_ISA_AVX512 = 2, APUS_ISA_NEON = 3 };

/// Whether this processor and operating system can run the instruction set (an `apus_isa`).
int apus_isa_present(int isa);

#endif
