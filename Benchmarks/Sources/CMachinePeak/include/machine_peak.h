// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

#ifndef MACHINE_PEAK_H
#define MACHINE_PEAK_H

#include <stddef.h>

/// What arithmetic is measured: multiply-adds of 32-bit floats, of bf16 numbers, of bytes.
enum peak_kind { PEAK_FP32, PEAK_BF16, PEAK_INT8 };

/// The most operations in a second, in billions, on so many threads; 0 where the processor has no such instructions.
/// A multiply-add counts as two.
double peak_arithmetic(enum peak_kind kind, int threads);

/// How fast each of so many threads reads its own block again and again, all together in GB/s.
double peak_reading(size_t bytes, int threads);

#endif
