// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

#include "include/apus_kernels.h"

#include <pthread.h>
#include <stdlib.h>

enum { slot_count = 8 };

struct scratch {
    void *base[slot_count];
    size_t byte_count[slot_count];
};

static pthread_key_t key;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static _Thread_local struct scratch *mine;

static void release(void *value) {
    struct scratch *scratch = value;
    for (int slot = 0; slot < slot_count; ++slot) free(scratch->base[slot]);
    free(scratch);
}

static void make_key(void) { pthread_key_create(&key, release); }

void *apus_scratch(int slot, size_t byte_count) {
    if (!mine) {
        pthread_once(&once, make_key);
        struct scratch *made = calloc(1, sizeof *made);
        if (!made || pthread_setspecific(key, made)) {
            free(made);
            return 0;
        }
        mine = made;
    }
    if (!mine->base[slot] || mine->byte_count[slot] < byte_count) {
        free(mine->base[slot]);
        mine->base[slot] = 0;
        mine->byte_count[slot] = 0;
        size_t rounded = (byte_count + byte_count / 4 + 4096) & ~(size_t)4095;
        void *base = 0;
        if (posix_memalign(&base, 64, rounded)) return 0;
        mine->base[slot] = base;
        mine->byte_count[slot] = rounded;
    }
    return mine->base[slot];
}
