// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

#if defined(__x86_64__)
#include <immintrin.h>

#include "../include/apus_kernels.h"

#if __has_feature(address_sanitizer)
// The checks would take a quarter of an hour to compile; the same bodies are checked for the other instruction sets.
#pragma clang attribute push(__attribute__((no_sanitize("address"))), apply_to = function)
#endif
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,f16c,bmi,bmi2"))),     \
                             apply_to = function)
#include "../simd/avx512.h"
#include "../simd/bytes_avx512.h"
#include "../simd/pairs.h"

#define APUS_VECTOR_TILE x16__avx512
#define APUS_GEMM_TILE 14x32__avx512
#define APUS_GEMM_ROWS 14
#define APUS_GEMM_VECTORS 2
#define APUS_GEMM_WIDE_ROWS 9
#define APUS_NBITS_ROWS 12
#define APUS_INDIRECT_TILES 24
#define APUS_PAIR_TILE 12x32__avx512
#define APUS_PAIR_ROWS 12
#define APUS_PAIR_SUMS 21
#define APUS_BYTE_GEMM_TILE 14x16__avx512
#define APUS_BYTE_GEMM_ROWS 14
#include "../bodies/all.inc"
#pragma clang attribute pop
#if __has_feature(address_sanitizer)
#pragma clang attribute pop
#endif
#endif
