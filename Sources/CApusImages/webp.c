// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

#include <stdio.h>

#include <webp/decode.h>

#include "decode.h"

int32_t apus_decode_webp(const uint8_t *bytes, size_t count, apus_decoding *decoding) {
    WebPBitstreamFeatures features;
    VP8StatusCode found = WebPGetFeatures(bytes, count, &features);
    int32_t status;
    if (found != VP8_STATUS_OK || features.width < 0 || features.height < 0) {
        snprintf(decoding->message, decoding->message_count, "damaged WebP: status %d", (int)found);
        return APUS_IMAGE_DAMAGED;
    }
    if (features.has_animation) {
        snprintf(decoding->message, decoding->message_count, "the WebP is an animation");
        return APUS_IMAGE_FORMAT;
    }
    status = apus_decoding_allocate(decoding, (uint32_t)features.width, (uint32_t)features.height);
    if (status != APUS_IMAGE_OK) return status;
    // apus_decoding_allocate bounds the width, so that a row fits an int.
    int stride = decoding->image->width * 3;
    size_t size = (size_t)stride * (size_t)decoding->image->height;
    if (WebPDecodeRGBInto(bytes, count, decoding->image->pixels, size, stride) == NULL) {
        snprintf(decoding->message, decoding->message_count, "damaged WebP");
        return APUS_IMAGE_DAMAGED;
    }
    return APUS_IMAGE_OK;
}
