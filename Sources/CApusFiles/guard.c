// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

#define _GNU_SOURCE
#include "include/apus_files.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

enum { guard_count = 4096, is_free = 0, is_taken = 1, is_set = 2 };

// The handler reads these at any time: sizes and addresses are written before the state says that they are set.
struct guard {
    _Atomic(int) state;
    _Atomic(int) is_damaged;
    _Atomic(uintptr_t) base;
    _Atomic(size_t) byte_count;
};

static struct guard guards[guard_count];
static _Atomic(int) last_used = -1;
static _Atomic(int) any_damage;
static struct sigaction before;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static uintptr_t page;

static int cover(uintptr_t address) {
    int last = atomic_load(&last_used);
    for (int index = 0; index <= last; ++index) {
        struct guard *guard = &guards[index];
        if (atomic_load(&guard->state) != is_set) continue;
        uintptr_t base = atomic_load(&guard->base);
        size_t size = atomic_load(&guard->byte_count);
        if (address < base || address - base >= size) continue;
        uintptr_t start = address & ~(page - 1);
        int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED;
        void *zeros = mmap((void *)start, base + size - start, PROT_READ, flags, -1, 0);
        if (zeros == MAP_FAILED) return 0;
        atomic_store(&guard->is_damaged, 1);
        atomic_store(&any_damage, 1);
        return 1;
    }
    return 0;
}

static void handle(int number, siginfo_t *info, void *context) {
    int kept = errno;
    int is_covered = info->si_code == BUS_ADRERR && cover((uintptr_t)info->si_addr);
    errno = kept;
    if (is_covered) return;
    if (before.sa_flags & SA_SIGINFO) {
        before.sa_sigaction(number, info, context);
    } else if (before.sa_handler != SIG_DFL && before.sa_handler != SIG_IGN) {
        before.sa_handler(number);
    } else {
        // The fault comes again when this returns, and ends the process as it would have without us.
        signal(number, SIG_DFL);
    }
}

static void install(void) {
    page = (uintptr_t)sysconf(_SC_PAGESIZE);
    struct sigaction action = {0};
    action.sa_sigaction = handle;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK;
    sigemptyset(&action.sa_mask);
    sigaction(SIGBUS, &action, &before);
}

int apus_guard_add(void *base, size_t byte_count) {
    pthread_once(&once, install);
    for (int index = 0; index < guard_count; ++index) {
        struct guard *guard = &guards[index];
        int expected = is_free;
        if (!atomic_compare_exchange_strong(&guard->state, &expected, is_taken)) continue;
        atomic_store(&guard->is_damaged, 0);
        atomic_store(&guard->base, (uintptr_t)base);
        atomic_store(&guard->byte_count, byte_count);
        int last = atomic_load(&last_used);
        while (last < index && !atomic_compare_exchange_weak(&last_used, &last, index)) continue;
        atomic_store(&guard->state, is_set);
        return index;
    }
    return -1;
}

void apus_guard_remove(int guard) {
    if (guard >= 0) atomic_store(&guards[guard].state, is_free);
}

int apus_guard_is_damaged(int guard) { return guard >= 0 && atomic_load(&guards[guard].is_damaged); }

int apus_guard_any_damage(void) { return atomic_load_explicit(&any_damage, memory_order_relaxed); }
