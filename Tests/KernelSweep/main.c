// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

// kernel-sweep [SEED]: compares every instruction set present with scalar; the last line counts kernels that passed,
// that failed or have no case, and that were skipped.

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "support.h"

static void fault(int signal) {
    if (set == 0) printf("    the scalar kernel at the same sizes:\n");
    complain(signal == SIGILL ? "ran into an instruction that is not there"
                              : "read or wrote beyond the end of its memory");
    printf("0 1 0\n");
    fflush(stdout);
    _exit(1);
}

static void sweep(int isa, uint64_t seed) {
    void (*const parts[])(void) = {
        sweep_elements, sweep_conversions, sweep_rows,  sweep_attention, sweep_products,    sweep_codes,
        sweep_planes,   sweep_channels,    sweep_bytes, sweep_byte_rows, sweep_byte_images, sweep_convolutions,
    };
    report.isa = isa;
    report.seed = seed;
    tables[0] = apus_kernels(APUS_ISA_SCALAR);
    tables[1] = apus_kernels(isa);
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; ++i) {
        start_random(seed * 100 + i);
        parts[i]();
        finish_case();
    }
}

static bool is_compiled(int isa) { return isa != APUS_ISA_SCALAR && apus_kernels(isa) && apus_isa_present(isa); }

/// Whether the set has the kernel from a set before it.
static bool is_shared(int isa, size_t kernel) {
    for (int other = 0; other < isa; ++other) {
        if (is_compiled(other) && !strcmp(apus_kernel_name(other, kernel), apus_kernel_name(isa, kernel))) return true;
    }
    return false;
}

int main(int argc, char **argv) {
    const uint64_t first = argc > 1 ? strtoull(argv[1], 0, 10) : 1, last = argc > 1 ? first : first + 2;
    size_t passed = 0, failed = 0;
    signal(SIGSEGV, fault);
    signal(SIGBUS, fault);
    signal(SIGILL, fault);
    for (int isa = 0; isa < APUS_ISA_COUNT; ++isa) {
        if (!is_compiled(isa)) continue;
        report = (struct report){0};
        for (uint64_t seed = first; seed <= last; ++seed) sweep(isa, seed);
        size_t comparisons = 0, good = 0, bad = 0;
        const char *suffix = "";
        for (size_t kernel = 0; kernel < kernel_count; ++kernel) {
            const char *name = apus_kernel_name(isa, kernel), *own = strstr(name, "__") + 2;
            const bool is_new = !is_shared(isa, kernel);
            comparisons += report.comparisons[kernel];
            if (is_new) suffix = own;
            if (report.comparisons[kernel] == 0) printf("    %s has no case\n", name);
            if (report.failures[kernel]) printf("    %s failed %zu times\n", name, report.failures[kernel]);
            if (report.comparisons[kernel] == 0 || report.failures[kernel]) {
                ++bad;
            } else if (is_new) {
                ++good;
            }
        }
        printf("    %s: %zu kernels agree with scalar and %zu do not, %zu numbers compared, seeds %d...%d\n", suffix,
               good, bad, comparisons, (int)first, (int)last);
        passed += good;
        failed += bad;
    }
    if (passed + failed == 0) {
        printf("    no instruction set but scalar\n0 0 1\n");
        return 0;
    }
    printf("%zu %zu 0\n", passed, failed);
    return failed > 0;
}
