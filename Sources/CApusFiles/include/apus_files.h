// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

#ifndef APUS_FILES_H
#define APUS_FILES_H

#include <stddef.h>

/// Guards a mapped range: when the file behind it is cut short, reads past its new end give zeros instead of SIGBUS.
///
/// The first call puts a handler before the one that is there, which still gets every fault outside guarded ranges.
/// Returns the guard's number, or -1 where there is no room for one.
int apus_guard_add(void *base, size_t byte_count);

/// Ends a guard; the range must still be mapped.
void apus_guard_remove(int guard);

/// Whether something was read that the file no longer holds.
int apus_guard_is_damaged(int guard);

/// Whether that ever happened in any guarded range.
int apus_guard_any_damage(void);

#endif
