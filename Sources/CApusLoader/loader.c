// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

#define _GNU_SOURCE
#include "apus_loader.h"

#include <dlfcn.h>
#include <stdio.h>

void *apus_library_open(const char *path, char *message, size_t capacity) {
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) {
        const char *reason = dlerror();
        snprintf(message, capacity, "%s", reason == NULL ? "the loader gives no reason" : reason);
    }
    return library;
}

void *apus_library_symbol(void *library, const char *name) { return dlsym(library, name); }

void apus_library_path(const void *address, char *path, size_t capacity) {
    Dl_info info;
    const char *found = dladdr(address, &info) != 0 && info.dli_fname != NULL ? info.dli_fname : "";
    snprintf(path, capacity, "%s", found);
}
