// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

#define _GNU_SOURCE
#include "instruction_counter.h"

#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <sys/personality.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

// The mark before and after the function; nobody else sends it.
#define MARK SIGUSR1

static void run_traced(void (*function)(void *), void *context) {
    if (ptrace(PTRACE_TRACEME, 0, NULL, NULL)) _exit(1);
    raise(MARK);
    function(context);
    raise(MARK);
    _exit(0);
}

// Where the next instruction lies; 0 where this processor does not tell, and then all steps count.
static unsigned long next_instruction(pid_t child) {
#if defined(__x86_64__)
    return (unsigned long)ptrace(PTRACE_PEEKUSER, child, offsetof(struct user_regs_struct, rip), NULL);
#else
    (void)child;
    return 0;
#endif
}

static long long step_through(pid_t child) {
    int status;
    if (waitpid(child, &status, 0) != child || !WIFSTOPPED(status) || WSTOPSIG(status) != MARK) return -1;
    long long count = 0;
    unsigned long last = 0;
    for (;;) {
        if (ptrace(PTRACE_SINGLESTEP, child, NULL, NULL)) return -2;
        if (waitpid(child, &status, 0) != child || !WIFSTOPPED(status)) return -2;
        int signal = WSTOPSIG(status);
        if (signal == MARK) return count;
        // Somebody stopping the process and letting it go on changes nothing.
        if (signal == SIGSTOP || signal == SIGCONT) continue;
        if (signal != SIGTRAP) return -2;
        unsigned long here = next_instruction(child);
        count += here != last || here == 0;
        last = here;
    }
}

long long count_instructions(void (*function)(void *), void *context) {
    // The two processes work in turns: on one core they need not wake another.
    cpu_set_t before, one;
    int is_pinned = !sched_getaffinity(0, sizeof before, &before);
    CPU_ZERO(&one);
    CPU_SET(sched_getcpu(), &one);
    if (is_pinned) sched_setaffinity(0, sizeof one, &one);
    pid_t child = fork();
    if (child == 0) run_traced(function, context);
    long long count = child < 0 ? -1 : step_through(child);
    if (child > 0) {
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
    }
    if (is_pinned) sched_setaffinity(0, sizeof before, &before);
    return count;
}

void fix_addresses(void) {
    personality(ADDR_NO_RANDOMIZE);
}
