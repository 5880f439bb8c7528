// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

#if defined(__aarch64__)
#include "../include/apus_kernels.h"
#include "../simd/neon.h"
#include "../simd/bytes_words.h"
#include "../simd/pairs.h"

#define APUS_VECTOR_TILE x4__neon
#define APUS_GEMM_TILE 8x8__neon
#define APUS_GEMM_ROWS 8
#define APUS_GEMM_VECTORS 2
#define APUS_NBITS_ROWS 4
#define APUS_INDIRECT_TILES 24
#define APUS_PAIR_TILE 8x8__neon
#define APUS_PAIR_ROWS 8
#define APUS_PAIR_SUMS 21
#define APUS_BYTE_GEMM_TILE 8x8__neon
#define APUS_BYTE_GEMM_ROWS 8
#include "../bodies/all.inc"
#endif
