// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

#ifndef APUS_ALLOCATIONS_H
#define APUS_ALLOCATIONS_H

// Started with LD_PRELOAD=libApusAllocations.so, a process counts its allocations; `apus bench` then reports those of
// a run. With APUS_ALLOCATION_TRACES=FILE the addresses that led to each allocation of the counted runs are written
// to the file, after the process's map of memory.

/// The allocations of the process so far, by all its threads.
long apus_allocation_count(void);

/// Begins (1) or ends (0) writing down where allocations come from.
void apus_allocation_trace(int is_on);

#endif
