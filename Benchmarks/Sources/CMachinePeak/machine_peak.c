// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

#include "machine_peak.h"

#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "loops.h"

#define MOST_THREADS 64
#define REPETITIONS 5
#define SECONDS_EACH 0.05

typedef uint64_t block __attribute__((vector_size(32)));

struct job {
    peak_loop loop;
    size_t bytes;
    long rounds;
    pthread_barrier_t *start;
    double done;
    double seconds;
};

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

#if defined(__x86_64__)
__attribute__((target("avx2")))
#endif
static double read_through(const block *memory, size_t bytes, long rounds) {
    block sums[4] = {0};
    for (long round = 0; round < rounds; round++) {
        for (size_t i = 0; i + 4 <= bytes / sizeof(block); i += 4) {
            sums[0] += memory[i];
            sums[1] += memory[i + 1];
            sums[2] += memory[i + 2];
            sums[3] += memory[i + 3];
        }
        __asm__ volatile("" : : "r"(sums), "r"(memory) : "memory");
    }
    return (double)bytes * (double)rounds;
}

static void *work(void *argument) {
    struct job *job = argument;
    block *memory = NULL;
    if (job->loop) {
        job->loop(job->rounds / 20 + 1);
    } else {
        memory = aligned_alloc(4096, job->bytes);
        if (memory) {
            memset(memory, 1, job->bytes);
            read_through(memory, job->bytes, 1);
        }
    }
    pthread_barrier_wait(job->start);
    double begin = now();
    if (job->loop) {
        job->done = job->loop(job->rounds);
    } else if (memory) {
        job->done = read_through(memory, job->bytes, job->rounds);
    }
    job->seconds = now() - begin;
    free(memory);
    return NULL;
}

// Billions in a second, of all threads together, by the slowest of them.
static double together(peak_loop loop, size_t bytes, long rounds, int threads, double *seconds) {
    pthread_barrier_t start;
    pthread_t handles[MOST_THREADS];
    struct job jobs[MOST_THREADS];
    pthread_barrier_init(&start, NULL, (unsigned)threads);
    for (int i = 0; i < threads; i++) {
        jobs[i] = (struct job){loop, bytes, rounds, &start, 0, 0};
        if (pthread_create(&handles[i], NULL, work, &jobs[i])) abort();
    }
    double done = 0;
    *seconds = 1e-9;
    for (int i = 0; i < threads; i++) {
        pthread_join(handles[i], NULL);
        done += jobs[i].done;
        if (jobs[i].seconds > *seconds) *seconds = jobs[i].seconds;
    }
    pthread_barrier_destroy(&start);
    return done / *seconds * 1e-9;
}

static double best(peak_loop loop, size_t bytes, long rounds, int threads) {
    if (threads < 1 || threads > MOST_THREADS) return 0;
    double seconds, best = 0;
    together(loop, bytes, rounds, threads, &seconds);
    rounds = (long)((double)rounds * SECONDS_EACH / seconds) + 1;
    for (int i = 0; i < REPETITIONS; i++) {
        double rate = together(loop, bytes, rounds, threads, &seconds);
        if (rate > best) best = rate;
    }
    return best;
}

double peak_arithmetic(enum peak_kind kind, int threads) {
    peak_loop loop = kind == PEAK_FP32 ? peak_fp32_loop() : kind == PEAK_BF16 ? peak_bf16_loop() : peak_int8_loop();
    return loop ? best(loop, 0, 1000000, threads) : 0;
}

double peak_reading(size_t bytes, int threads) {
    return best(NULL, (bytes + 4095) / 4096 * 4096, 1 + (long)((8 << 20) / bytes), threads);
}
