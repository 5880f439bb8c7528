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
    __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma,f16c,bmi,bmi2"))),                   \
    apply_to = function)
#include "../simd/avx512.h"
#include "../simd/bytes_avx512vnni.h"

#define APUS_BYTE_GEMM_TILE 14x32__avx512vnni
#define APUS_BYTE_GEMM_ROWS 14
#include "../bodies/names.inc"
#include "../bodies/byte_gemm.inc"
#include "../bodies/byte_rows.inc"

apus_u8_window_fn apus_u8_depthwise_x16__avx512, apus_u8_depthwise_x64__avx512vnni;
#define APUS_BYTE_DEPTHWISE apus_u8_depthwise_x64__avx512vnni
#define APUS_FLOAT_DEPTHWISE apus_u8_depthwise_x16__avx512
#include "../bodies/byte_depthwise.inc"
#pragma clang attribute pop
#if __has_feature(address_sanitizer)
#pragma clang attribute pop
#endif
#endif
