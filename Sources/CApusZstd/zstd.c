// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

#include "apus_zstd.h"

#include <stdlib.h>
#include <zstd.h>

struct apus_zstd_unpacker {
    ZSTD_DStream *stream;
    // The bytes of the source that were used.
    size_t consumed;
    // Whether a frame has ended and no other has begun.
    int is_between;
};

// 2^23 bytes, the largest window that RFC 9659 lets a sender use.
enum { window_log = 23 };

apus_zstd_unpacker *apus_zstd_unpacker_make(void) {
    apus_zstd_unpacker *unpacker = calloc(1, sizeof *unpacker);
    if (unpacker == NULL) return NULL;
    unpacker->stream = ZSTD_createDStream();
    if (unpacker->stream == NULL ||
        ZSTD_isError(ZSTD_DCtx_setParameter(unpacker->stream, ZSTD_d_windowLogMax, window_log))) {
        apus_zstd_unpacker_free(unpacker);
        return NULL;
    }
    return unpacker;
}

int32_t apus_zstd_unpacker_run(
    apus_zstd_unpacker *unpacker, const uint8_t *source, size_t source_count, uint8_t *target, size_t target_count,
    size_t *written) {
    ZSTD_inBuffer in = {source, source_count, unpacker->consumed};
    ZSTD_outBuffer out = {target, target_count, 0};
    int32_t result = 0;
    for (;;) {
        if (unpacker->is_between && in.pos == in.size) {
            result = 1;
            break;
        }
        if (out.pos == out.size) break;
        size_t before = in.pos + out.pos;
        size_t left = ZSTD_decompressStream(unpacker->stream, &out, &in);
        if (ZSTD_isError(left) || (left != 0 && in.pos + out.pos == before)) {
            result = -1;
            break;
        }
        unpacker->is_between = left == 0;
    }
    unpacker->consumed = in.pos;
    *written = out.pos;
    return result;
}

void apus_zstd_unpacker_free(apus_zstd_unpacker *unpacker) {
    if (unpacker == NULL) return;
    ZSTD_freeDStream(unpacker->stream);
    free(unpacker);
}

size_t apus_zstd_bound(size_t source_count) { return ZSTD_compressBound(source_count); }

size_t apus_zstd_pack(const uint8_t *source, size_t source_count, uint8_t *target, size_t target_count) {
    size_t made = ZSTD_compress(target, target_count, source, source_count, 1);
    return ZSTD_isError(made) ? 0 : made;
}
