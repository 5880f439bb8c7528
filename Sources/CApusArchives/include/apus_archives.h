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

#endif
