// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

// What the sweep keeps account of.

#ifndef SWEEP_SUPPORT_H
#define SWEEP_SUPPORT_H

#include "sweep.h"

struct report {
    int isa;
    uint64_t seed;
    enum kernel kernel;
    char sizes[240];
    size_t complaints;
    size_t comparisons[kernel_count], failures[kernel_count];
};
extern struct report report;

void start_random(uint64_t seed);

/// Looks at what lies before the memory of the case and takes the memory back.
void finish_case(void);

/// Notes and, unless there were many, prints a failure of the kernel at hand.
void complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
