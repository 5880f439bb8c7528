// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

#include "loops.h"

#include <stddef.h>

// Independent sums, enough to hide the latency of every multiply-add.
#define SUMS 12
#define EACH_SUM _Pragma("clang loop unroll(full)") for (int i = 0; i < SUMS; i++)
#define KEEP(sums) __asm__ volatile("" : : "r"(sums) : "memory")

#if defined(__x86_64__)
#include <immintrin.h>

__attribute__((target("avx512f"))) static double fp32_avx512(long rounds) {
    __m512 sums[SUMS], x = _mm512_set1_ps(0.5f);
    EACH_SUM sums[i] = x;
    for (long round = 0; round < rounds; round++) EACH_SUM sums[i] = _mm512_fmadd_ps(x, sums[i], x);
    KEEP(sums);
    return 2.0 * 16 * SUMS * rounds;
}

__attribute__((target("avx2,fma"))) static double fp32_avx2(long rounds) {
    __m256 sums[SUMS], x = _mm256_set1_ps(0.5f);
    EACH_SUM sums[i] = x;
    for (long round = 0; round < rounds; round++) EACH_SUM sums[i] = _mm256_fmadd_ps(x, sums[i], x);
    KEEP(sums);
    return 2.0 * 8 * SUMS * rounds;
}

__attribute__((target("avx512f,avx512bf16"))) static double bf16_avx512(long rounds) {
    __m512 sums[SUMS];
    __m512bh x = _mm512_cvtne2ps_pbh(_mm512_set1_ps(0.5f), _mm512_set1_ps(0.5f));
    EACH_SUM sums[i] = _mm512_set1_ps(0);
    for (long round = 0; round < rounds; round++) EACH_SUM sums[i] = _mm512_dpbf16_ps(sums[i], x, x);
    KEEP(sums);
    return 2.0 * 32 * SUMS * rounds;
}

__attribute__((target("avx512f,avx512vnni"))) static double int8_avx512(long rounds) {
    __m512i sums[SUMS], x = _mm512_set1_epi8(1);
    EACH_SUM sums[i] = x;
    for (long round = 0; round < rounds; round++) EACH_SUM sums[i] = _mm512_dpbusd_epi32(sums[i], x, x);
    KEEP(sums);
    return 2.0 * 64 * SUMS * rounds;
}

__attribute__((target("avx2"))) static double int8_avx2(long rounds) {
    __m256i sums[SUMS], x = _mm256_set1_epi8(1), one = _mm256_set1_epi16(1);
    EACH_SUM sums[i] = x;
    for (long round = 0; round < rounds; round++) {
        // The empty instruction keeps the products from being computed once for all rounds.
        __asm__ volatile("" : "+x"(x));
        EACH_SUM {
            __m256i pairs = _mm256_maddubs_epi16(x, _mm256_xor_si256(sums[i], x));
            sums[i] = _mm256_add_epi32(sums[i], _mm256_madd_epi16(pairs, one));
        }
    }
    KEEP(sums);
    return 2.0 * 32 * SUMS * rounds;
}

peak_loop peak_fp32_loop(void) {
    if (__builtin_cpu_supports("avx512f")) return fp32_avx512;
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? fp32_avx2 : NULL;
}

peak_loop peak_bf16_loop(void) {
    return __builtin_cpu_supports("avx512bf16") ? bf16_avx512 : NULL;
}

peak_loop peak_int8_loop(void) {
    if (__builtin_cpu_supports("avx512vnni")) return int8_avx512;
    return __builtin_cpu_supports("avx2") ? int8_avx2 : NULL;
}

#elif defined(__aarch64__)
#include <arm_neon.h>

static double fp32_neon(long rounds) {
    float32x4_t sums[SUMS], x = vdupq_n_f32(0.5f);
    EACH_SUM sums[i] = x;
    for (long round = 0; round < rounds; round++) EACH_SUM sums[i] = vfmaq_f32(x, sums[i], x);
    KEEP(sums);
    return 2.0 * 4 * SUMS * rounds;
}

peak_loop peak_fp32_loop(void) { return fp32_neon; }
peak_loop peak_bf16_loop(void) { return NULL; }
peak_loop peak_int8_loop(void) { return NULL; }

#else
peak_loop peak_fp32_loop(void) { return NULL; }
peak_loop peak_bf16_loop(void) { return NULL; }
peak_loop peak_int8_loop(void) { return NULL; }
#endif
