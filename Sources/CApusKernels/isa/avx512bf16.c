// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

#if defined(__x86_64__)
#include <immintrin.h>

#include "../include/apus_kernels.h"

#if __has_feature(address_sanitizer)
// As for avx512.
#pragma clang attribute push(__attribute__((no_sanitize("address"))), apply_to = function)
#endif
#pragma clang attribute push(                                                                                          \
    __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx512bf16,avx2,fma,f16c,bmi,bmi2"))),        \
    apply_to = function)
#include "../simd/avx512.h"
#include "../simd/pairs_avx512bf16.h"

#define APUS_VECTOR_TILE x16__avx512bf16
#define APUS_GEMM_VECTORS 2
#define APUS_INDIRECT_TILES 24
#define APUS_PAIR_TILE 14x32__avx512bf16
#define APUS_PAIR_ROWS 14
#define APUS_PAIR_SUMS 24
#include "../bodies/names.inc"
#include "../bodies/f32_math.inc"
#include "../bodies/tiles.inc"
#include "../bodies/numbers.inc"
#include "../bodies/indirect_support.inc"
#include "../bodies/bf16_products.inc"
#include "../bodies/winograd_steps.inc"
#include "../bodies/bf16_images.inc"
#include "../bodies/f32_pack.inc"
#include "../bodies/bf16_attention.inc"
#pragma clang attribute pop
#if __has_feature(address_sanitizer)
#pragma clang attribute pop
#endif
#endif
