// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

#include "../include/apus_kernels.h"
#include "../simd/scalar.h"
#include "../simd/bytes_words.h"

#define APUS_VECTOR_TILE x1__scalar
#define APUS_GEMM_TILE 4x8__scalar
#define APUS_GEMM_ROWS 4
#define APUS_GEMM_VECTORS 8
#define APUS_NBITS_ROWS 4
#define APUS_INDIRECT_TILES 12
#define APUS_PAIR_TILE 4x8__scalar
#define APUS_PAIR_ROWS 4
#define APUS_PAIR_SUMS 12
#define APUS_BYTE_GEMM_TILE 4x8__scalar
#define APUS_BYTE_GEMM_ROWS 4
#include "../bodies/all.inc"
