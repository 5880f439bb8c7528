// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

// Bodies in zstd, as HTTP carries them: one or more frames with windows of at most 8 MB.

#ifndef APUS_ZSTD_H
#define APUS_ZSTD_H

#include <stddef.h>
#include <stdint.h>

typedef struct apus_zstd_unpacker apus_zstd_unpacker;

// Null without memory.
apus_zstd_unpacker *apus_zstd_unpacker_make(void);

// Writes up to target_count bytes and says how many. 0: the target is full; 1: the source has ended as it should, which
// may also come with the next call; -1: it is unsound or cut off. The source must be the same with each call.
int32_t apus_zstd_unpacker_run(
    apus_zstd_unpacker *unpacker, const uint8_t *source, size_t source_count, uint8_t *target, size_t target_count,
    size_t *written);

void apus_zstd_unpacker_free(apus_zstd_unpacker *unpacker);

// The most bytes that so many take when they are packed.
size_t apus_zstd_bound(size_t source_count);

// Packs the source into one frame; 0 where it does not fit the target.
size_t apus_zstd_pack(const uint8_t *source, size_t source_count, uint8_t *target, size_t target_count);

#endif
