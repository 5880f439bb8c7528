// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

#ifndef APUS_IMAGES_H
#define APUS_IMAGES_H

#include <stddef.h>
#include <stdint.h>

/// How a decode ended.
enum {
    APUS_IMAGE_OK = 0,
    /// The bytes are of no format that is known.
    APUS_IMAGE_FORMAT = 1,
    /// The bytes break their format.
    APUS_IMAGE_DAMAGED = 2,
    /// The picture is larger than the caller allows.
    APUS_IMAGE_LIMIT = 3,
    APUS_IMAGE_MEMORY = 4
};

/// Pixels of 8-bit red, green and blue, rows from the top without gaps.
typedef struct {
    uint8_t *pixels;
    int32_t width;
    int32_t height;
} apus_image;

/// Decodes a JPEG, PNG, WebP or JPEG 2000 file; on APUS_IMAGE_OK the pixels must be freed with apus_image_free.
///
/// Otherwise the image is empty and `message`, of `message_count` bytes, says why.
int32_t apus_image_decode(const uint8_t *bytes, size_t count, size_t pixel_limit, apus_image *image, char *message,
                          size_t message_count);

/// Frees the pixels of an image.
void apus_image_free(apus_image *image);

#endif
