// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

#ifndef PEAK_LOOPS_H
#define PEAK_LOOPS_H

// A loop runs so many rounds and returns the operations it did.
typedef double (*peak_loop)(long rounds);

/// The fastest loops of this processor; NULL where it has none.
peak_loop peak_fp32_loop(void);
peak_loop peak_bf16_loop(void);
peak_loop peak_int8_loop(void);

#endif
