// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

#include "apus_kernels.h"

int apus_isa_present(int isa) {
    switch (isa) {
    case APUS_ISA_SCALAR:
        return 1;
#if defined(__x86_64__)
    case APUS_ISA_AVX2:
        return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("f16c");
    case APUS_ISA_AVX512:
        return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
               __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
#elif defined(__aarch64__)
    case APUS_ISA_NEON:
        return 1;
#endif
    default:
        return 0;
    }
}
