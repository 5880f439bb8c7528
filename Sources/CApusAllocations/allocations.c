// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

#include "include/apus_allocations.h"

#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

// The allocator itself, under the names glibc keeps for those who stand in front of it.
extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);
extern void __libc_free(void *);

enum { deepest = 32 };

static atomic_long count;
static atomic_int is_tracing;
static int traces = -1;
static _Thread_local int is_inside;

static void write_all(const char *text, size_t length) {
    while (length > 0) {
        ssize_t written = write(traces, text, length);
        if (written <= 0) return;
        text += written;
        length -= (size_t)written;
    }
}

__attribute__((constructor)) static void open_traces(void) {
    const char *path = getenv("APUS_ALLOCATION_TRACES");
    if (!path) return;
    void *frames[2];
    backtrace(frames, 2); // It allocates the first time.
    traces = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    int map = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
    char block[4096];
    ssize_t length;
    while (map >= 0 && (length = read(map, block, sizeof block)) > 0) write_all(block, (size_t)length);
    if (map >= 0) close(map);
}

static void note(size_t byte_count) {
    atomic_fetch_add_explicit(&count, 1, memory_order_relaxed);
    if (traces < 0 || is_inside || !atomic_load_explicit(&is_tracing, memory_order_relaxed)) return;
    is_inside = 1;
    void *frames[deepest];
    int depth = backtrace(frames, deepest);
    char line[32 + deepest * 20];
    size_t length = (size_t)snprintf(line, 32, "allocation %zu", byte_count);
    for (int frame = 2; frame < depth; ++frame) {
        length += (size_t)snprintf(line + length, 20, " %lx", (unsigned long)frames[frame]);
    }
    line[length++] = '\n';
    write_all(line, length);
    is_inside = 0;
}

long apus_allocation_count(void) { return atomic_load_explicit(&count, memory_order_relaxed); }

void apus_allocation_trace(int is_on) { atomic_store_explicit(&is_tracing, is_on, memory_order_relaxed); }

void *malloc(size_t byte_count) {
    note(byte_count);
    return __libc_malloc(byte_count);
}

void *calloc(size_t element_count, size_t byte_count) {
    note(element_count * byte_count);
    return __libc_calloc(element_count, byte_count);
}

void *realloc(void *memory, size_t byte_count) {
    note(byte_count);
    return __libc_realloc(memory, byte_count);
}

void *memalign(size_t alignment, size_t byte_count) {
    note(byte_count);
    return __libc_memalign(alignment, byte_count);
}

void *aligned_alloc(size_t alignment, size_t byte_count) { return memalign(alignment, byte_count); }

int posix_memalign(void **memory, size_t alignment, size_t byte_count) {
    void *found = memalign(alignment, byte_count);
    if (!found) return ENOMEM;
    *memory = found;
    return 0;
}

void free(void *memory) { __libc_free(memory); }
