// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

#ifndef APUS_DECODE_H
#define APUS_DECODE_H

#include "apus_images.h"

/// Where a decoder puts its result; the pixels are freed by the caller whatever the status.
typedef struct {
    apus_image *image;
    size_t pixel_limit;
    char *message;
    size_t message_count;
} apus_decoding;

/// Allocates the pixels, or says why not.
int32_t apus_decoding_allocate(apus_decoding *decoding, uint32_t width, uint32_t height);

int32_t apus_decode_jpeg(const uint8_t *bytes, size_t count, apus_decoding *decoding);
int32_t apus_decode_png(const uint8_t *bytes, size_t count, apus_decoding *decoding);
int32_t apus_decode_webp(const uint8_t *bytes, size_t count, apus_decoding *decoding);
int32_t apus_decode_jpeg2000(const uint8_t *bytes, size_t count, int32_t is_boxed, apus_decoding *decoding);

#endif
