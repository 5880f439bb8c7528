// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

#include <stdint.h>

// A Swift closure that does not escape is a function and a context on the stack of whoever made it. Swift itself can
// hand one to other threads only in a box on the heap; here both words are kept, for as long as the call lasts.

struct apus_lent_closure {
    void *function;
    void *context;
};

__attribute__((swiftcall)) void apus_lend_closure(void *function, void *context, struct apus_lent_closure *lent) {
    lent->function = function;
    lent->context = context;
}

__attribute__((swiftcall)) void apus_call_lent(const struct apus_lent_closure *lent, intptr_t part) {
    typedef __attribute__((swiftcall)) void body(intptr_t, __attribute__((swift_context)) void *);
    ((body *)lent->function)(part, lent->context);
}
