// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

#if defined(__aarch64__)
#include <arm_neon.h>

#include "../include/apus_kernels.h"

#pragma clang attribute push(__attribute__((target("dotprod"))), apply_to = function)
#include "../simd/neon.h"
#include "../simd/bytes_neondot.h"

#define APUS_BYTE_GEMM_TILE 8x8__neondot
#define APUS_BYTE_GEMM_ROWS 8
#include "../bodies/names.inc"
#include "../bodies/byte_gemm.inc"
#include "../bodies/byte_rows.inc"
#pragma clang attribute pop
#endif
