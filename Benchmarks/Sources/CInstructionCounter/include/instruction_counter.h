// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

#ifndef INSTRUCTION_COUNTER_H
#define INSTRUCTION_COUNTER_H

/// Counts the instructions a function executes outside the kernel, on the calling thread alone.
///
/// The function runs in a copy of the process, one instruction at a time, so virtual machines without counters of
/// events count as well as others, and every count is exact. A repeated instruction (`rep movsb`) counts once.
///
/// Returns -1 where the process may not be traced, and -2 where the function did not come to its end.
long long count_instructions(void (*function)(void *), void *context);

/// Lets the next program this process turns into lie at the same addresses every time.
void fix_addresses(void);

#endif
