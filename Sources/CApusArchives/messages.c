// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

#include "apus_archives.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

struct apus_inflater {
    z_stream stream;
    // The bytes of the source that were used.
    size_t consumed;
};

static int window_bits(int32_t format) { return format == apus_gzip ? 15 + 16 : 15; }

apus_inflater *apus_inflater_make(int32_t format) {
    apus_inflater *inflater = calloc(1, sizeof *inflater);
    if (inflater == NULL) return NULL;
    if (inflateInit2(&inflater->stream, window_bits(format)) != Z_OK) {
        free(inflater);
        return NULL;
    }
    return inflater;
}

int32_t apus_inflater_run(
    apus_inflater *inflater, const uint8_t *source, size_t source_count, uint8_t *target, size_t target_count,
    size_t *written) {
    z_stream *stream = &inflater->stream;
    *written = 0;
    for (;;) {
        size_t source_left = source_count - inflater->consumed;
        size_t target_left = target_count - *written;
        if (target_left == 0) return 0;
        uInt source_part = source_left > UINT_MAX ? UINT_MAX : (uInt)source_left;
        uInt target_part = target_left > UINT_MAX ? UINT_MAX : (uInt)target_left;
        stream->next_in = (Bytef *)(source + inflater->consumed);
        stream->avail_in = source_part;
        stream->next_out = target + *written;
        stream->avail_out = target_part;
        int status = inflate(stream, Z_NO_FLUSH);
        size_t read = source_part - stream->avail_in;
        size_t made = target_part - stream->avail_out;
        inflater->consumed += read;
        *written += made;
        if (status == Z_STREAM_END) return inflater->consumed == source_count ? 1 : -1;
        if (status != Z_OK || (read == 0 && made == 0)) return -1;
    }
}

void apus_inflater_free(apus_inflater *inflater) {
    if (inflater == NULL) return;
    inflateEnd(&inflater->stream);
    free(inflater);
}

size_t apus_packed_bound(size_t source_count) {
    // As deflate's own bound for its default memory, with room for the longer header and trailer of gzip.
    return source_count + (source_count >> 12) + (source_count >> 14) + (source_count >> 25) + 64;
}

size_t apus_pack(int32_t format, const uint8_t *source, size_t source_count, uint8_t *target, size_t target_count) {
    if (source_count > UINT_MAX || target_count > UINT_MAX) return 0;
    z_stream stream;
    memset(&stream, 0, sizeof stream);
    if (deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, window_bits(format), 8, Z_DEFAULT_STRATEGY) != Z_OK) return 0;
    stream.next_in = (Bytef *)source;
    stream.avail_in = (uInt)source_count;
    stream.next_out = target;
    stream.avail_out = (uInt)target_count;
    int status = deflate(&stream, Z_FINISH);
    size_t made = target_count - stream.avail_out;
    deflateEnd(&stream);
    return status == Z_STREAM_END ? made : 0;
}
