// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

#if defined(__x86_64__)
#include <immintrin.h>

#include "../include/apus_kernels.h"

#pragma clang attribute push(__attribute__((target("avx2,fma,f16c,bmi,bmi2"))), apply_to = function)
#include "../simd/avx2.h"
#include "../simd/bytes_avx2.h"
#include "../simd/pairs.h"

#define APUS_VECTOR_TILE x8__avx2
#define APUS_GEMM_TILE 6x16__avx2
#define APUS_GEMM_ROWS 6
#define APUS_GEMM_VECTORS 2
#define APUS_NBITS_ROWS 4
#define APUS_INDIRECT_TILES 12
#define APUS_PAIR_TILE 4x16__avx2
#define APUS_PAIR_ROWS 4
#define APUS_PAIR_SUMS 8
#define APUS_BYTE_GEMM_TILE 6x8__avx2
#define APUS_BYTE_GEMM_ROWS 6
#include "../bodies/all.inc"
#pragma clang attribute pop
#endif
