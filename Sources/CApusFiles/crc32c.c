// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

#include "include/apus_checksums.h"

#include <pthread.h>
#include <string.h>

#if defined(__x86_64__)
#include <nmmintrin.h>
#elif defined(__ARM_FEATURE_CRC32)
#include <arm_acle.h>
#endif

// Row i maps a byte to its remainder when 7 - i further bytes follow in the same group of eight.
static uint32_t rows[8][256];
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void make_rows(void) {
    for (uint32_t byte = 0; byte < 256; ++byte) {
        uint32_t value = byte;
        for (int bit = 0; bit < 8; ++bit) value = value >> 1 ^ (value & 1 ? 0x82F63B78u : 0);
        rows[7][byte] = value;
    }
    for (int row = 6; row >= 0; --row) {
        for (int byte = 0; byte < 256; ++byte) {
            uint32_t value = rows[row + 1][byte];
            rows[row][byte] = value >> 8 ^ rows[7][value & 0xFF];
        }
    }
}

static uint32_t plain(uint32_t value, const uint8_t *bytes, size_t count) {
    pthread_once(&once, make_rows);
    for (; count >= 8; count -= 8, bytes += 8) {
        uint32_t next = 0;
        for (int index = 0; index < 4; ++index) {
            next ^= rows[index][bytes[index] ^ (value >> 8 * index & 0xFF)] ^ rows[index + 4][bytes[index + 4]];
        }
        value = next;
    }
    for (; count > 0; --count, ++bytes) value = value >> 8 ^ rows[7][(value ^ *bytes) & 0xFF];
    return value;
}

#if defined(__x86_64__)
__attribute__((target("sse4.2"))) static uint32_t fast(uint32_t start, const uint8_t *bytes, size_t count) {
    uint64_t value = start;
    for (; count >= 8; count -= 8, bytes += 8) {
        uint64_t word;
        memcpy(&word, bytes, 8);
        value = _mm_crc32_u64(value, word);
    }
    for (; count > 0; --count, ++bytes) value = _mm_crc32_u8((uint32_t)value, *bytes);
    return (uint32_t)value;
}

static int has_fast(void) { return __builtin_cpu_supports("sse4.2"); }
#elif defined(__ARM_FEATURE_CRC32)
static uint32_t fast(uint32_t value, const uint8_t *bytes, size_t count) {
    for (; count >= 8; count -= 8, bytes += 8) {
        uint64_t word;
        memcpy(&word, bytes, 8);
        value = __crc32cd(value, word);
    }
    for (; count > 0; --count, ++bytes) value = __crc32cb(value, *bytes);
    return value;
}

static int has_fast(void) { return 1; }
#else
static uint32_t fast(uint32_t value, const uint8_t *bytes, size_t count) { return plain(value, bytes, count); }

static int has_fast(void) { return 0; }
#endif

uint32_t apus_crc32c(const void *bytes, size_t count, int is_plain) {
    uint32_t start = 0xFFFFFFFFu;
    return ~(!is_plain && has_fast() ? fast(start, bytes, count) : plain(start, bytes, count));
}
