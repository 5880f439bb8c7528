// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

#include "support.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

const struct apus_kernel_table *tables[2];
int set;

struct report report;

enum { page = 1 << 16, lead = 256, most_blocks = 512 };
static const uint8_t fillers[2] = {0xa5, 0x5a};

/// Pages in use by the case, then pages to be used again.
static struct block {
    uint8_t *base;
    size_t size, byte_count;
    int filler;
} blocks[most_blocks];
static size_t used, made;

static uint64_t state;

void start_random(uint64_t seed) { state = seed * 0x9e3779b97f4a7c15u + 1; }

static uint32_t random_word(void) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    const uint64_t x = state ^ state >> 29;
    return (uint32_t)(x * 0xbf58476d1ce4e5b9u >> 32);
}

size_t below(size_t n) { return n ? random_word() % n : 0; }

size_t near(size_t tile) {
    switch (below(9)) {
    case 0: return below(4) == 0 ? 0 : 1;
    case 1: return tile - 1;
    case 2: return tile;
    case 3: return tile + 1;
    case 4: return 2 * tile;
    case 5: return 2 * tile + 1 + below(tile);
    case 6: return 3 * tile - 1;
    default: return 1 + below(tile);
    }
}

size_t some(size_t tile) { return larger(1, near(tile)); }

size_t larger(size_t a, size_t b) { return a > b ? a : b; }

float uniform(float low, float high) { return low + (high - low) * ((float)(random_word() >> 8) * 0x1p-24f); }

static void *take(size_t byte_count, int filler) {
    const size_t size = (byte_count + lead + page - 1) / page * page;
    size_t at = used;
    while (at < made && blocks[at].size != size) ++at;
    if (at == made) {
        if (made == most_blocks) abort();
        uint8_t *base = mmap(0, size + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (base == MAP_FAILED || mprotect(base + size, page, PROT_NONE)) abort();
        blocks[made++] = (struct block){base, size, 0, 0};
    }
    const struct block found = {blocks[at].base, size, byte_count, filler};
    blocks[at] = blocks[used];
    blocks[used++] = found;
    const size_t first = size - byte_count;
    memset(found.base + first - lead, filler, byte_count + lead);
    return found.base + first;
}

float *floats(size_t count, float low, float high) {
    float *x = take(count * sizeof *x, 0);
    for (size_t i = 0; i < count; ++i) x[i] = uniform(low, high);
    return x;
}

float *pairs(size_t count) {
    float *x = take(count * sizeof *x, 0);
    for (size_t i = 0; i < 2 * count; ++i) {
        const float value = uniform(-1, 1);
        memcpy((uint8_t *)x + 2 * i, (const uint8_t *)&value + 2, 2);
    }
    return x;
}

void *numbers(size_t count, bool is_bf16) {
    if (!is_bf16) return floats(count, -1, 1);
    uint16_t *x = take(count * sizeof *x, 0);
    for (size_t i = 0; i < count; ++i) {
        const float value = uniform(-1, 1);
        memcpy(x + i, (const uint8_t *)&value + 2, 2);
    }
    return x;
}

uint8_t *bytes(size_t count) {
    uint8_t *x = take(count, 0);
    for (size_t i = 0; i < count; ++i) x[i] = (uint8_t)random_word();
    return x;
}

int32_t *integers(size_t count, int32_t low, int32_t high) {
    int32_t *x = take(count * sizeof *x, 0);
    for (size_t i = 0; i < count; ++i) x[i] = low + (int32_t)below((size_t)(high - low) + 1);
    return x;
}

void *room(size_t byte_count) { return take(byte_count, fillers[set]); }

size_t reach(size_t rows, size_t stride, size_t columns) { return rows ? (rows - 1) * stride + columns : 0; }

void complain(const char *format, ...) {
    ++report.failures[report.kernel];
    if (++report.complaints > 30) return;
    printf("    %s, %s, seed %llu: ", apus_kernel_name(report.isa, (size_t)report.kernel), report.sizes,
           (unsigned long long)report.seed);
    va_list arguments;
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    printf("\n");
}

void finish_case(void) {
    for (; used > 0; --used) {
        const struct block *block = &blocks[used - 1];
        const uint8_t *end = block->base + block->size - block->byte_count;
        for (const uint8_t *p = end - lead; p < end; ++p) {
            if (*p == block->filler) continue;
            complain("byte %d before its memory was written", (int)(end - p));
            break;
        }
    }
}

void examine(enum kernel kernel, const char *format, ...) {
    finish_case();
    report.kernel = kernel;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(report.sizes, sizeof report.sizes, format, arguments);
    va_end(arguments);
}

void examine_sizes(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(report.sizes, sizeof report.sizes, format, arguments);
    va_end(arguments);
}

void continue_with(enum kernel kernel) { report.kernel = kernel; }

/// Looks at the gaps between rows of both sets' results; true where there is something to compare.
static bool compare_gaps(void *const y[2], size_t rows, size_t columns, size_t stride, size_t width) {
    report.comparisons[report.kernel] += rows * columns;
    for (int i = 0; i < 2; ++i) {
        for (size_t r = 0; r + 1 < rows; ++r) {
            const uint8_t *gap = (const uint8_t *)y[i] + (r * stride + columns) * width;
            for (size_t at = 0; at < (stride - columns) * width; ++at) {
                if (gap[at] == fillers[i]) continue;
                complain("row %zu was written beyond its end%s", r, i ? "" : " by the scalar kernel");
                return false;
            }
        }
    }
    return rows * columns > 0;
}

void compare_floats(float *const y[2], size_t rows, size_t columns, size_t stride, float absolute) {
    if (!compare_gaps((void *const *)y, rows, columns, stride, sizeof(float))) return;
    for (size_t r = 0; r < rows; ++r) {
        for (size_t c = 0; c < columns; ++c) {
            const float expected = y[0][r * stride + c], actual = y[1][r * stride + c];
            if (actual == expected || (actual != actual && expected != expected)) continue;
            if (fabsf(actual - expected) <= absolute + 1e-5f * fabsf(expected)) continue;
            complain("element %zu of row %zu is %.9g, expected %.9g", c, r, (double)actual, (double)expected);
            return;
        }
    }
}

void compare_numbers(void *const y[2], bool is_bf16, size_t rows, size_t columns, size_t stride, float absolute) {
    if (!is_bf16) {
        compare_floats((float *const *)y, rows, columns, stride, absolute);
        return;
    }
    if (!compare_gaps(y, rows, columns, stride, sizeof(uint16_t))) return;
    for (size_t r = 0; r < rows; ++r) {
        for (size_t c = 0; c < columns; ++c) {
            float values[2];
            for (int i = 0; i < 2; ++i) {
                const uint32_t bits = (uint32_t)((const uint16_t *)y[i])[r * stride + c] << 16;
                memcpy(&values[i], &bits, sizeof bits);
            }
            if (values[0] == values[1] || (values[0] != values[0] && values[1] != values[1])) continue;
            if (fabsf(values[1] - values[0]) <= absolute + 0.0079f * fabsf(values[0])) continue;
            complain("element %zu of row %zu is %.9g, expected %.9g", c, r, (double)values[1], (double)values[0]);
            return;
        }
    }
}

#define COMPARE(type, y, rows, columns, stride)                                                                        \
    if (!compare_gaps((void *const *)y, rows, columns, stride, sizeof(type))) return;                                  \
    for (size_t r = 0; r < (rows); ++r) {                                                                              \
        for (size_t c = 0; c < (columns); ++c) {                                                                       \
            if (y[0][r * (stride) + c] == y[1][r * (stride) + c]) continue;                                            \
            complain("element %zu of row %zu is %d, expected %d", c, r, (int)y[1][r * (stride) + c],                   \
                     (int)y[0][r * (stride) + c]);                                                                     \
            return;                                                                                                    \
        }                                                                                                              \
    }

void compare_integers(int32_t *const y[2], size_t rows, size_t columns, size_t stride) {
    COMPARE(int32_t, y, rows, columns, stride)
}

void compare_halves(uint16_t *const y[2], size_t count) { COMPARE(uint16_t, y, 1, count, count) }

void compare_bytes(uint8_t *const y[2], size_t rows, size_t columns, size_t stride) {
    COMPARE(uint8_t, y, rows, columns, stride)
}

struct window make_window(size_t kernel_height, size_t kernel_width, size_t stride, size_t dilation) {
    struct window w = {.kernel_height = kernel_height, .kernel_width = kernel_width, .stride_height = stride,
                       .stride_width = stride, .dilation_height = dilation, .dilation_width = dilation};
    const size_t tall = (kernel_height - 1) * dilation + 1, wide = (kernel_width - 1) * dilation + 1;
    size_t below_image, right_of_image;
    do {
        w.height = 1 + below(tall + 6);
        w.width = 1 + below(wide + 24);
        w.pad_top = below(3) ? below(tall) : 0;
        w.pad_left = below(3) ? below(wide) : 0;
        below_image = below(tall);
        right_of_image = below(wide);
    } while (w.height + w.pad_top + below_image < tall || w.width + w.pad_left + right_of_image < wide);
    w.output_height = (w.height + w.pad_top + below_image - tall) / stride + 1;
    w.output_width = (w.width + w.pad_left + right_of_image - wide) / stride + 1;
    return w;
}
