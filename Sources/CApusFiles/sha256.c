// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

#include "include/apus_checksums.h"

#include <string.h>

#if defined(__x86_64__)
#include <cpuid.h>
#include <immintrin.h>
#endif

static const uint32_t constants[64] = {
    0x428A2F98, 0x71374491, 0xB5C0FBCF, 0xE9B5DBA5, 0x3956C25B, 0x59F111F1, 0x923F82A4, 0xAB1C5ED5,
    0xD807AA98, 0x12835B01, 0x243185BE, 0x550C7DC3, 0x72BE5D74, 0x80DEB1FE, 0x9BDC06A7, 0xC19BF174,
    0xE49B69C1, 0xEFBE4786, 0x0FC19DC6, 0x240CA1CC, 0x2DE92C6F, 0x4A7484AA, 0x5CB0A9DC, 0x76F988DA,
    0x983E5152, 0xA831C66D, 0xB00327C8, 0xBF597FC7, 0xC6E00BF3, 0xD5A79147, 0x06CA6351, 0x14292967,
    0x27B70A85, 0x2E1B2138, 0x4D2C6DFC, 0x53380D13, 0x650A7354, 0x766A0ABB, 0x81C2C92E, 0x92722C85,
    0xA2BFE8A1, 0xA81A664B, 0xC24B8B70, 0xC76C51A3, 0xD192E819, 0xD6990624, 0xF40E3585, 0x106AA070,
    0x19A4C116, 0x1E376C08, 0x2748774C, 0x34B0BCB5, 0x391C0CB3, 0x4ED8AA4A, 0x5B9CCA4F, 0x682E6FF3,
    0x748F82EE, 0x78A5636F, 0x84C87814, 0x8CC70208, 0x90BEFFFA, 0xA4506CEB, 0xBEF9A3F7, 0xC67178F2,
};

static uint32_t turned(uint32_t value, int count) { return value >> count | value << (32 - count); }

static void plain(uint32_t state[8], const uint8_t *bytes, size_t block_count) {
    for (; block_count > 0; --block_count, bytes += 64) {
        uint32_t words[64];
        for (int index = 0; index < 16; ++index) {
            const uint8_t *at = bytes + 4 * index;
            words[index] = (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
        }
        for (int index = 16; index < 64; ++index) {
            uint32_t a = words[index - 15], b = words[index - 2];
            words[index] = words[index - 16] + (turned(a, 7) ^ turned(a, 18) ^ a >> 3) + words[index - 7] +
                           (turned(b, 17) ^ turned(b, 19) ^ b >> 10);
        }
        uint32_t s[8];
        memcpy(s, state, sizeof s);
        for (int index = 0; index < 64; ++index) {
            uint32_t first = s[7] + (turned(s[4], 6) ^ turned(s[4], 11) ^ turned(s[4], 25)) +
                             ((s[4] & s[5]) ^ (~s[4] & s[6])) + constants[index] + words[index];
            uint32_t second = (turned(s[0], 2) ^ turned(s[0], 13) ^ turned(s[0], 22)) +
                              ((s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]));
            memmove(s + 1, s, 7 * sizeof *s);
            s[4] += first;
            s[0] = first + second;
        }
        for (int index = 0; index < 8; ++index) state[index] += s[index];
    }
}

#if defined(__x86_64__)
__attribute__((target("sha,sse4.1"))) static void fast(uint32_t state[8], const uint8_t *bytes, size_t block_count) {
    const __m128i swap = _mm_set_epi64x(0x0C0D0E0F08090A0B, 0x0405060700010203);
    // The instructions want the state as (a, b, e, f) and (c, d, g, h), the highest first.
    __m128i abef = _mm_set_epi32((int)state[0], (int)state[1], (int)state[4], (int)state[5]);
    __m128i cdgh = _mm_set_epi32((int)state[2], (int)state[3], (int)state[6], (int)state[7]);
    for (; block_count > 0; --block_count, bytes += 64) {
        __m128i words[4], first = abef, second = cdgh;
        for (int index = 0; index < 4; ++index) {
            words[index] = _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)(bytes + 16 * index)), swap);
        }
        for (int round = 0; round < 16; ++round) {
            __m128i *now = &words[round & 3];
            if (round >= 4) {
                __m128i before = words[(round + 3) & 3];
                __m128i sum = _mm_add_epi32(
                    _mm_sha256msg1_epu32(*now, words[(round + 1) & 3]),
                    _mm_alignr_epi8(before, words[(round + 2) & 3], 4));
                *now = _mm_sha256msg2_epu32(sum, before);
            }
            __m128i input = _mm_add_epi32(*now, _mm_loadu_si128((const __m128i *)(constants + 4 * round)));
            cdgh = _mm_sha256rnds2_epu32(cdgh, abef, input);
            abef = _mm_sha256rnds2_epu32(abef, cdgh, _mm_shuffle_epi32(input, 0x0E));
        }
        abef = _mm_add_epi32(abef, first);
        cdgh = _mm_add_epi32(cdgh, second);
    }
    state[0] = (uint32_t)_mm_extract_epi32(abef, 3), state[1] = (uint32_t)_mm_extract_epi32(abef, 2);
    state[4] = (uint32_t)_mm_extract_epi32(abef, 1), state[5] = (uint32_t)_mm_extract_epi32(abef, 0);
    state[2] = (uint32_t)_mm_extract_epi32(cdgh, 3), state[3] = (uint32_t)_mm_extract_epi32(cdgh, 2);
    state[6] = (uint32_t)_mm_extract_epi32(cdgh, 1), state[7] = (uint32_t)_mm_extract_epi32(cdgh, 0);
}

static int has_fast(void) {
    unsigned a, b, c, d;
    return __builtin_cpu_supports("sse4.1") && __get_cpuid_count(7, 0, &a, &b, &c, &d) && b >> 29 & 1;
}
#else
static void fast(uint32_t state[8], const uint8_t *bytes, size_t block_count) { plain(state, bytes, block_count); }

static int has_fast(void) { return 0; }
#endif

void apus_sha256(const void *bytes, size_t count, uint8_t digest[32], int is_plain) {
    uint32_t state[8] = {
        0x6A09E667, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A, 0x510E527F, 0x9B05688C, 0x1F83D9AB, 0x5BE0CD19,
    };
    void (*blocks)(uint32_t *, const uint8_t *, size_t) = !is_plain && has_fast() ? fast : plain;
    blocks(state, bytes, count / 64);
    uint8_t tail[128] = {0};
    size_t rest = count % 64, tail_count = rest < 56 ? 64 : 128;
    if (rest > 0) memcpy(tail, (const uint8_t *)bytes + (count - rest), rest);
    tail[rest] = 0x80;
    uint64_t bits = (uint64_t)count * 8;
    for (int index = 0; index < 8; ++index) tail[tail_count - 1 - index] = (uint8_t)(bits >> 8 * index);
    blocks(state, tail, tail_count / 64);
    for (int index = 0; index < 32; ++index) digest[index] = (uint8_t)(state[index / 4] >> (24 - 8 * (index % 4)));
}
