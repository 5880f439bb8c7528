// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

// What every vocabulary shares: inlining, and the parts done lane by lane.

#ifndef APUS_SIMD_COMMON_H
#define APUS_SIMD_COMMON_H

#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define V_INLINE static inline __attribute__((always_inline, unused))
/// Keeps the optimiser from deriving other addresses from a pointer that moves in a loop, which takes it all registers.
#define V_OPAQUE(pointer) __asm__("" : "+r"(pointer))

/// out[4 * i + j] = p[j][i], or `fill` where `keep[i]` is zero, for sixteen bytes of four planes.
V_INLINE void interleave_bytes(const uint8_t *p, size_t plane, const uint8_t *keep, uint8_t fill, uint8_t *out) {
    typedef uint8_t bytes __attribute__((vector_size(16)));
    typedef uint16_t words __attribute__((vector_size(16)));
    bytes x[4], mask;
    memcpy(&mask, keep, 16);
    const bytes filler = ~mask & (mask - mask + fill);
#pragma clang loop unroll(full)
    for (size_t j = 0; j < 4; ++j) {
        memcpy(&x[j], p + j * plane, 16);
        x[j] = (x[j] & mask) | filler;
    }
#pragma clang loop unroll(full)
    for (int half = 0; half < 2; ++half) {
        words low, high;
        if (half == 0) {
            low = (words)__builtin_shufflevector(x[0], x[1], 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
            high = (words)__builtin_shufflevector(x[2], x[3], 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
        } else {
            low = (words)__builtin_shufflevector(x[0], x[1], 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15,
                                                 31);
            high = (words)__builtin_shufflevector(x[2], x[3], 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15,
                                                  31);
        }
        words first = __builtin_shufflevector(low, high, 0, 8, 1, 9, 2, 10, 3, 11);
        words second = __builtin_shufflevector(low, high, 4, 12, 5, 13, 6, 14, 7, 15);
        memcpy(out + 32 * half, &first, 16);
        memcpy(out + 32 * half + 16, &second, 16);
    }
}

V_INLINE float half_to_float(uint16_t half) {
    uint32_t sign = (uint32_t)(half & 0x8000) << 16, rest = half & 0x7fff, bits;
    if (rest >= 0x7c00) {
        bits = sign | 0x7f800000 | (rest & 0x3ff) << 13 | (rest > 0x7c00 ? 0x400000 : 0);
    } else if (rest >= 0x400) {
        bits = sign | ((rest << 13) + 0x38000000);
    } else {
        float value = (float)rest * 0x1p-24f;
        memcpy(&bits, &value, 4);
        bits |= sign;
    }
    float result;
    memcpy(&result, &bits, 4);
    return result;
}

V_INLINE uint16_t float_to_half(float value) {
    uint32_t bits;
    memcpy(&bits, &value, 4);
    uint32_t sign = bits >> 16 & 0x8000, rest = bits & 0x7fffffff;
    if (rest > 0x7f800000) return (uint16_t)(sign | 0x7e00 | (rest >> 13 & 0x3ff));
    if (rest >= 0x477ff000) return (uint16_t)(sign | 0x7c00);
    if (rest < 0x38800000) {
        float magnitude;
        memcpy(&magnitude, &rest, 4);
        return (uint16_t)(sign | (uint32_t)__builtin_rintf(magnitude * 0x1p24f));
    }
    rest += 0xfff + (rest >> 13 & 1);
    return (uint16_t)(sign | (rest - 0x38000000) >> 13);
}

#endif
