// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

#ifndef APUS_CHECKSUMS_H
#define APUS_CHECKSUMS_H

#include <stddef.h>
#include <stdint.h>

/// The CRC-32C (Castagnoli) of bytes; `is_plain` leaves the machine's own instructions out.
uint32_t apus_crc32c(const void *bytes, size_t count, int is_plain);

/// The SHA-256 digest of bytes; `is_plain` leaves the machine's own instructions out.
void apus_sha256(const void *bytes, size_t count, uint8_t digest[32], int is_plain);

#endif
