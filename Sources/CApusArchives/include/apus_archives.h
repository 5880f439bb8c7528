// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

#ifndef APUS_ARCHIVES_H
#define APUS_ARCHIVES_H

#include <stddef.h>
#include <stdint.h>

/// Unpacks a raw deflate stream; returns 1 when it is sound and fills exactly `target_count` bytes.
int32_t apus_inflate(const uint8_t *source, size_t source_count, uint8_t *target, size_t target_count);

/// The CRC-32 of ZIP archives.
uint32_t apus_crc32(const uint8_t *bytes, size_t count);

/// The two forms of a compressed message: gzip, and the zlib format that HTTP calls deflate.
enum { apus_gzip = 0, apus_zlib = 1 };

/// A compressed message that is unpacked piece by piece.
typedef struct apus_inflater apus_inflater;

/// Starts on a message; null without memory.
apus_inflater *apus_inflater_make(int32_t format);

/// Unpacks into at most `target_count` bytes and says how many there are in `written`.
///
/// The source must be the same in all calls for one message. Returns 1 at the sound end of a message that fills its
/// source, 0 when there is more to come, and -1 for a message that is unsound or cut short.
int32_t apus_inflater_run(
    apus_inflater *inflater, const uint8_t *source, size_t source_count, uint8_t *target, size_t target_count,
    size_t *written);

/// Ends a message.
void apus_inflater_free(apus_inflater *inflater);

/// The most bytes that a message of this size takes when it is packed.
size_t apus_packed_bound(size_t source_count);

/// Packs a message quickly into at most `target_count` bytes; returns the bytes it takes, or 0 when they do not fit.
size_t apus_pack(int32_t format, const uint8_t *source, size_t source_count, uint8_t *target, size_t target_count);

#endif
