// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

// Runs every kernel of two instruction sets on the same random numbers and compares what they make of them.

#ifndef SWEEP_H
#define SWEEP_H

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "apus_kernels.h"

/// The kernels by their places in the list.
enum kernel {
#define APUS_KERNEL(dtype, family, ...) kernel_##dtype##_##family,
#include "../../Sources/CApusKernels/kernels.def"
#undef APUS_KERNEL
    kernel_count
};

/// The scalar set, which is the specification, and the set under test.
extern const struct apus_kernel_table *tables[2];

/// The set whose kernels run: what a fault is blamed on.
extern int set;

#define EACH_SET for (set = 0; set < 2; ++set)

/// Names the kernel that is compared next and its sizes, and gives back the memory of the last case.
void examine(enum kernel kernel, const char *format, ...) __attribute__((format(printf, 2, 3)));

/// Says the sizes where they were chosen after memory was taken, and another kernel that is given the same.
void examine_sizes(const char *format, ...) __attribute__((format(printf, 1, 2)));
void continue_with(enum kernel kernel);

/// A number below n, or 0.
size_t below(size_t n);

/// A size at or near a multiple of a tile: none, one, a tile, a little less, a little more.
size_t near(size_t tile);

/// As `near`, but at least one.
size_t some(size_t tile);

float uniform(float low, float high);

/// Operands, the first byte after which cannot be read.
float *floats(size_t count, float low, float high);
uint8_t *bytes(size_t count);

/// Words of two bf16 of -1 to 1, which take the place of floats.
float *pairs(size_t count);

/// Floats or bf16 of -1 to 1.
void *numbers(size_t count, bool is_bf16);
int32_t *integers(size_t count, int32_t low, int32_t high);

/// Memory of the running set, the first byte after which cannot be written; those before it are looked at later.
void *room(size_t byte_count);

/// The elements from the first of `rows` rows to the last of the last.
size_t reach(size_t rows, size_t stride, size_t columns);

/// The larger of both sets' numbers.
size_t larger(size_t a, size_t b);

/// Compares rows of results and looks whether the gaps between them are untouched. Floats may differ by `absolute` and
/// by 1e-5 of their size: both sets do the same steps with the same precision, but sums run in other orders and
/// products may or may not be rounded before they are added, each of which costs 2^-24 of the numbers added up.
void compare_floats(float *const y[2], size_t rows, size_t columns, size_t stride, float absolute);
void compare_integers(int32_t *const y[2], size_t rows, size_t columns, size_t stride);
void compare_halves(uint16_t *const y[2], size_t count);

/// The same for floats or bf16; those may be rounded to neighbours where they differ before they are.
void compare_numbers(void *const y[2], bool is_bf16, size_t rows, size_t columns, size_t stride, float absolute);
void compare_bytes(uint8_t *const y[2], size_t rows, size_t columns, size_t stride);

/// A window over an image, as convolutions and pools have it.
struct window {
    size_t height, width, kernel_height, kernel_width, stride_height, stride_width, dilation_height, dilation_width;
    size_t pad_top, pad_left, output_height, output_width;
};

/// An image of random size under a window of given taps, with random padding on all sides.
struct window make_window(size_t kernel_height, size_t kernel_width, size_t stride, size_t dilation);

/// A matrix [k n] of which column `c` and depth `p` are at b[c * column + p * depth], in panels of the running set.
float *right_panels(const float *b, size_t n, size_t k, size_t column, size_t depth);

/// Rows of bytes, `step` between neighbours, in panels whose depth lies in groups of four, with their sums.
uint8_t *byte_panels(const uint8_t *x, size_t rows, size_t k, size_t stride, size_t step, size_t panel_rows,
                     bool is_signed, int32_t *sums);

void sweep_elements(void);
void sweep_conversions(void);
void sweep_rows(void);
void sweep_attention(void);
void sweep_products(void);
void sweep_codes(void);
void sweep_convolutions(void);
void sweep_planes(void);
void sweep_channels(void);
void sweep_bytes(void);
void sweep_byte_rows(void);
void sweep_byte_images(void);

#endif
