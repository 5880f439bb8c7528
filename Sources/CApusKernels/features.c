// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

#if defined(__aarch64__) && defined(__linux__)
#include <asm/hwcap.h>
#include <sys/auxv.h>
#endif

#include "include/apus_kernels.h"

#define APUS_KERNEL(dtype, family, signature, scalar, avx2, avx512, avx512vnni, avx512bf16, neon, neondot)             \
    apus_##dtype##_##signature##_fn apus_##dtype##_##family##_##scalar, apus_##dtype##_##family##_##avx2,              \
        apus_##dtype##_##family##_##avx512, apus_##dtype##_##family##_##avx512vnni,                                    \
        apus_##dtype##_##family##_##avx512bf16, apus_##dtype##_##family##_##neon, apus_##dtype##_##family##_##neondot;
#include "kernels.def"
#undef APUS_KERNEL

static const struct apus_kernel_table scalar_table = {
    1, 4, 8, 1, 4, 4, 8, 4, 8,
#define APUS_KERNEL(dtype, family, signature, scalar, avx2, avx512, avx512vnni, avx512bf16, neon, neondot)             \
    apus_##dtype##_##family##_##scalar,
#include "kernels.def"
#undef APUS_KERNEL
};

#if defined(__x86_64__)
static const struct apus_kernel_table avx2_table = {
    8, 6, 16, 1, 4, 6, 8, 4, 8,
#define APUS_KERNEL(dtype, family, signature, scalar, avx2, avx512, avx512vnni, avx512bf16, neon, neondot)             \
    apus_##dtype##_##family##_##avx2,
#include "kernels.def"
#undef APUS_KERNEL
};
static const struct apus_kernel_table avx512_table = {
    16, 14, 32, 3, 12, 14, 16, 12, 48,
#define APUS_KERNEL(dtype, family, signature, scalar, avx2, avx512, avx512vnni, avx512bf16, neon, neondot)             \
    apus_##dtype##_##family##_##avx512,
#include "kernels.def"
#undef APUS_KERNEL
};
static const struct apus_kernel_table avx512vnni_table = {
    16, 14, 32, 3, 12, 14, 32, 12, 48,
#define APUS_KERNEL(dtype, family, signature, scalar, avx2, avx512, avx512vnni, avx512bf16, neon, neondot)             \
    apus_##dtype##_##family##_##avx512vnni,
#include "kernels.def"
#undef APUS_KERNEL
};
static const struct apus_kernel_table avx512bf16_table = {
    16, 14, 32, 3, 14, 14, 32, 12, 48,
#define APUS_KERNEL(dtype, family, signature, scalar, avx2, avx512, avx512vnni, avx512bf16, neon, neondot)             \
    apus_##dtype##_##family##_##avx512bf16,
#include "kernels.def"
#undef APUS_KERNEL
};
#elif defined(__aarch64__)
static const struct apus_kernel_table neon_table = {
    4, 8, 8, 1, 8, 8, 8, 4, 8,
#define APUS_KERNEL(dtype, family, signature, scalar, avx2, avx512, avx512vnni, avx512bf16, neon, neondot)             \
    apus_##dtype##_##family##_##neon,
#include "kernels.def"
#undef APUS_KERNEL
};
static const struct apus_kernel_table neondot_table = {
    4, 8, 8, 1, 8, 8, 8, 4, 8,
#define APUS_KERNEL(dtype, family, signature, scalar, avx2, avx512, avx512vnni, avx512bf16, neon, neondot)             \
    apus_##dtype##_##family##_##neondot,
#include "kernels.def"
#undef APUS_KERNEL
};
#endif

const struct apus_kernel_table *apus_kernels(int isa) {
    switch (isa) {
    case APUS_ISA_SCALAR:
        return &scalar_table;
#if defined(__x86_64__)
    case APUS_ISA_AVX2:
        return &avx2_table;
    case APUS_ISA_AVX512:
        return &avx512_table;
    case APUS_ISA_AVX512VNNI:
        return &avx512vnni_table;
    case APUS_ISA_AVX512BF16:
        return &avx512bf16_table;
#elif defined(__aarch64__)
    case APUS_ISA_NEON:
        return &neon_table;
    case APUS_ISA_NEONDOT:
        return &neondot_table;
#endif
    default:
        return 0;
    }
}

#if defined(__aarch64__)
static int has_dot_products(void) {
#if defined(__linux__)
    return (getauxval(AT_HWCAP) & HWCAP_ASIMDDP) != 0;
#elif defined(__ARM_FEATURE_DOTPROD)
    return 1;
#else
    return 0;
#endif
}
#endif

int apus_isa_present(int isa) {
    switch (isa) {
    case APUS_ISA_SCALAR:
        return 1;
#if defined(__x86_64__)
    case APUS_ISA_AVX2:
        return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("f16c");
    case APUS_ISA_AVX512:
        return apus_isa_present(APUS_ISA_AVX2) && __builtin_cpu_supports("avx512f") &&
               __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
               __builtin_cpu_supports("avx512vl");
    case APUS_ISA_AVX512VNNI:
        return apus_isa_present(APUS_ISA_AVX512) && __builtin_cpu_supports("avx512vnni");
    case APUS_ISA_AVX512BF16:
        return apus_isa_present(APUS_ISA_AVX512VNNI) && __builtin_cpu_supports("avx512bf16");
#elif defined(__aarch64__)
    case APUS_ISA_NEON:
        return 1;
    case APUS_ISA_NEONDOT:
        return has_dot_products();
#endif
    default:
        return 0;
    }
}

static const char *const names[][APUS_ISA_COUNT] = {
#define APUS_KERNEL(dtype, family, signature, scalar, avx2, avx512, avx512vnni, avx512bf16, neon, neondot)             \
    {"apus_" #dtype "_" #family "_" #scalar, "apus_" #dtype "_" #family "_" #avx2,                                     \
     "apus_" #dtype "_" #family "_" #avx512, "apus_" #dtype "_" #family "_" #avx512vnni,                               \
     "apus_" #dtype "_" #family "_" #avx512bf16, "apus_" #dtype "_" #family "_" #neon,                                 \
     "apus_" #dtype "_" #family "_" #neondot},
#include "kernels.def"
#undef APUS_KERNEL
};

size_t apus_kernel_count(void) { return sizeof names / sizeof names[0]; }

const char *apus_kernel_name(int isa, size_t index) {
    return isa >= 0 && isa < APUS_ISA_COUNT && index < apus_kernel_count() ? names[index][isa] : 0;
}
