// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

#include "include/apus_kernels.h"

#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>

enum { slot_count = 16 };

struct scratch {
    void *base[slot_count];
    size_t byte_count[slot_count];
};

static pthread_key_t key;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static _Thread_local struct scratch *mine;
static _Thread_local size_t refused;
static _Thread_local size_t most = SIZE_MAX / 4;

static void release(void *value) {
    struct scratch *scratch = value;
    for (int slot = 0; slot < slot_count; ++slot) free(scratch->base[slot]);
    free(scratch);
}

static void make_key(void) { pthread_key_create(&key, release); }

size_t apus_scratch_shortage(void) {
    size_t result = refused;
    refused = 0;
    return result;
}

void apus_scratch_refuse(size_t byte_count) { refused = byte_count ? byte_count : 1; }

void apus_scratch_limit(size_t byte_count) { most = byte_count < SIZE_MAX / 4 ? byte_count : SIZE_MAX / 4; }

static void *refuse(size_t byte_count) {
    apus_scratch_refuse(byte_count);
    return 0;
}

void *apus_scratch(int slot, size_t byte_count) {
    if (byte_count > most) return refuse(byte_count);
    if (!mine) {
        pthread_once(&once, make_key);
        struct scratch *made = calloc(1, sizeof *made);
        if (!made || pthread_setspecific(key, made)) {
            free(made);
            return refuse(byte_count);
        }
        mine = made;
    }
    if (!mine->base[slot] || mine->byte_count[slot] < byte_count) {
        free(mine->base[slot]);
        mine->base[slot] = 0;
        mine->byte_count[slot] = 0;
        size_t rounded = (byte_count + byte_count / 4 + 4096) & ~(size_t)4095;
        void *base = 0;
        if (posix_memalign(&base, 64, rounded)) return refuse(byte_count);
        mine->base[slot] = base;
        mine->byte_count[slot] = rounded;
    }
    return mine->base[slot];
}
