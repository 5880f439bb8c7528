// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

// Prints the peaks of this machine on a number of threads as JSON; built by Scripts/bench.sh.
#include <machine_peak.h>
#include <stdio.h>
#include <stdlib.h>

int main(int count, char **arguments) {
    int threads = count > 1 ? atoi(arguments[1]) : 1;
    printf("{\"fp32_gflops\": %.1f, \"bf16_gflops\": %.1f, \"int8_gops\": %.1f, ",
           peak_arithmetic(PEAK_FP32, threads), peak_arithmetic(PEAK_BF16, threads),
           peak_arithmetic(PEAK_INT8, threads));
    printf("\"l2_gbs\": %.1f, \"l3_gbs\": %.1f, \"memory_gbs\": %.1f}\n", peak_reading(512 << 10, threads),
           peak_reading(8 << 20, threads), peak_reading(512 << 20, threads));
    return 0;
}
