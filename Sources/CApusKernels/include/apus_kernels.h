// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

#ifndef APUS_KERNELS_H
#define APUS_KERNELS_H

#include <stddef.h>
#include <stdint.h>

#include "apus_tasks.h"

/// Instruction sets a kernel table may be compiled for, in order of preference.
enum apus_isa {
    APUS_ISA_SCALAR = 0,
    APUS_ISA_AVX2 = 1,
    APUS_ISA_AVX512 = 2,
    APUS_ISA_AVX512VNNI = 3,
    APUS_ISA_AVX512BF16 = 4,
    APUS_ISA_NEON = 5,
    APUS_ISA_NEONDOT = 6,
    APUS_ISA_COUNT = 7
};

/// Whether this processor and operating system can run the instruction set (an `apus_isa`).
int apus_isa_present(int isa);

/// The kernels of one instruction set and the shapes of their tiles.
///
/// Where the left side of an f32 product is read as it lies, tiles cover `f32_gemm_group` panels of columns best.
struct apus_kernel_table {
    size_t lanes;
    size_t f32_gemm_rows, f32_gemm_columns, f32_gemm_group, bf16_gemm_rows;
    size_t i8_gemm_rows, i8_gemm_columns;
    size_t nbits_rows, nbits_direct_rows;
#define APUS_KERNEL(dtype, family, signature, scalar, avx2, avx512, avx512vnni, avx512bf16, neon, neondot)             \
    apus_##dtype##_##signature##_fn *dtype##_##family;
#include "../kernels.def"
#undef APUS_KERNEL
};

/// The table of an instruction set (an `apus_isa`), or null where it was not compiled.
const struct apus_kernel_table *apus_kernels(int isa);

/// The number of kernels in the list.
size_t apus_kernel_count(void);

/// The full name of a kernel in an instruction set's table.
const char *apus_kernel_name(int isa, size_t index);

/// Memory of the calling thread, aligned to 64 bytes, kept until the thread ends; null when there is none left.
void *apus_scratch(int slot, size_t byte_count);

/// The bytes this thread was refused since the last call, and 0 when it was refused none.
size_t apus_scratch_shortage(void);

/// Notes that this thread was refused bytes.
void apus_scratch_refuse(size_t byte_count);

/// Refuses this thread more than the given bytes for one slot from now on.
void apus_scratch_limit(size_t byte_count);

/// Tells the processor that the thread is spinning.
static inline void apus_pause(void) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ __volatile__("yield");
#endif
}

#endif
