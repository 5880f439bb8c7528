// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

#ifndef APUS_LOADER_H
#define APUS_LOADER_H

#include <stddef.h>

// Loads a shared library with all its symbols bound and none of them made global. On failure returns null and writes
// the loader's message, cut to the capacity and ended by 0.
void *_Nullable apus_library_open(const char *_Nonnull path, char *_Nonnull message, size_t capacity);

// The address of a symbol, or null.
void *_Nullable apus_library_symbol(void *_Nonnull library, const char *_Nonnull name);

// Writes the path of the file an address was loaded from, cut to the capacity and ended by 0.
void apus_library_path(const void *_Nonnull address, char *_Nonnull path, size_t capacity);

#endif
