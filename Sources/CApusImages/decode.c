// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

#include "decode.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int32_t apus_decoding_allocate(apus_decoding *decoding, uint32_t width, uint32_t height) {
    if (width == 0 || height == 0) {
        snprintf(decoding->message, decoding->message_count, "the picture is empty");
        return APUS_IMAGE_DAMAGED;
    }
    if (width > INT32_MAX / 4 || height > INT32_MAX || (uint64_t)width * height > decoding->pixel_limit) {
        snprintf(decoding->message, decoding->message_count, "%u x %u pixels are more than the limit of %zu pixels",
                 width, height, decoding->pixel_limit);
        return APUS_IMAGE_LIMIT;
    }
    decoding->image->pixels = malloc((size_t)width * height * 3);
    if (decoding->image->pixels == NULL) {
        snprintf(decoding->message, decoding->message_count, "no memory for %u x %u pixels", width, height);
        return APUS_IMAGE_MEMORY;
    }
    decoding->image->width = (int32_t)width;
    decoding->image->height = (int32_t)height;
    return APUS_IMAGE_OK;
}

int32_t apus_image_decode(const uint8_t *bytes, size_t count, size_t pixel_limit, apus_image *image, char *message,
                          size_t message_count) {
    static const uint8_t png[8] = {0x89, 'P', 'N', 'G', 0x0D, 0x0A, 0x1A, 0x0A};
    static const uint8_t jpeg[3] = {0xFF, 0xD8, 0xFF};
    static const uint8_t boxed[12] = {0, 0, 0, 12, 'j', 'P', ' ', ' ', 0x0D, 0x0A, 0x87, 0x0A};
    static const uint8_t codestream[4] = {0xFF, 0x4F, 0xFF, 0x51};
    apus_decoding decoding = {image, pixel_limit, message, message_count};
    int32_t status = APUS_IMAGE_FORMAT;
    memset(image, 0, sizeof *image);
    if (message_count > 0) message[0] = 0;
    if (count >= sizeof png && memcmp(bytes, png, sizeof png) == 0) {
        status = apus_decode_png(bytes, count, &decoding);
    } else if (count >= sizeof jpeg && memcmp(bytes, jpeg, sizeof jpeg) == 0) {
        status = apus_decode_jpeg(bytes, count, &decoding);
    } else if (count >= 16 && memcmp(bytes, "RIFF", 4) == 0 && memcmp(bytes + 8, "WEBP", 4) == 0) {
        status = apus_decode_webp(bytes, count, &decoding);
    } else if (count >= sizeof boxed && memcmp(bytes, boxed, sizeof boxed) == 0) {
        status = apus_decode_jpeg2000(bytes, count, 1, &decoding);
    } else if (count >= sizeof codestream && memcmp(bytes, codestream, sizeof codestream) == 0) {
        status = apus_decode_jpeg2000(bytes, count, 0, &decoding);
    } else {
        snprintf(message, message_count, "none of JPEG, PNG, WebP and JPEG 2000");
    }
    if (status != APUS_IMAGE_OK) apus_image_free(image);
    return status;
}

void apus_image_free(apus_image *image) {
    free(image->pixels);
    memset(image, 0, sizeof *image);
}
