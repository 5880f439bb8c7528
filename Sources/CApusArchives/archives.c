// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

#include "apus_archives.h"

#include <string.h>
#include <zlib.h>

static uInt part(size_t count) { return count > (1u << 30) ? 1u << 30 : (uInt)count; }

int32_t apus_inflate(const uint8_t *source, size_t source_count, uint8_t *target, size_t target_count) {
    z_stream stream;
    uint8_t spare;
    size_t read = 0;
    size_t written = 0;
    int status = Z_OK;
    memset(&stream, 0, sizeof stream);
    if (inflateInit2(&stream, -15) != Z_OK) return 0;
    while (status == Z_OK) {
        uInt in = part(source_count - read);
        uInt out = part(target_count - written);
        int is_full = out == 0;
        stream.next_in = (Bytef *)(uintptr_t)(source + read);
        stream.avail_in = in;
        stream.next_out = is_full ? &spare : target + written;
        stream.avail_out = is_full ? 1 : out;
        status = inflate(&stream, Z_NO_FLUSH);
        read += in - stream.avail_in;
        if (is_full && stream.avail_out == 0) status = Z_DATA_ERROR;
        if (!is_full) written += out - stream.avail_out;
    }
    inflateEnd(&stream);
    return status == Z_STREAM_END && written == target_count;
}

uint32_t apus_crc32(const uint8_t *bytes, size_t count) {
    uLong sum = crc32(0, NULL, 0);
    while (count > 0) {
        uInt now = part(count);
        sum = crc32(sum, bytes, now);
        bytes += now;
        count -= now;
    }
    return (uint32_t)sum;
}
