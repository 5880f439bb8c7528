// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <png.h>

#include "decode.h"

typedef struct {
    const uint8_t *bytes;
    size_t count;
    char text[128];
} source;

static void take(png_structp png, png_bytep target, size_t count) {
    source *from = png_get_io_ptr(png);
    if (count > from->count) png_error(png, "the file ends early");
    memcpy(target, from->bytes, count);
    from->bytes += count;
    from->count -= count;
}

static void fail(png_structp png, png_const_charp message) {
    source *from = png_get_error_ptr(png);
    snprintf(from->text, sizeof from->text, "%s", message);
    png_longjmp(png, 1);
}

static void ignore(png_structp png, png_const_charp message) {
    (void)png;
    (void)message;
}

int32_t apus_decode_png(const uint8_t *bytes, size_t count, apus_decoding *decoding) {
    source from = {bytes, count, {0}};
    png_bytep *volatile rows = NULL;
    png_infop info = NULL;
    int32_t status;
    png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &from, fail, ignore);
    if (png != NULL) info = png_create_info_struct(png);
    if (info == NULL) {
        png_destroy_read_struct(&png, NULL, NULL);
        snprintf(decoding->message, decoding->message_count, "no memory to read the PNG");
        return APUS_IMAGE_MEMORY;
    }
    if (setjmp(png_jmpbuf(png))) {
        png_destroy_read_struct(&png, &info, NULL);
        free(rows);
        snprintf(decoding->message, decoding->message_count, "damaged PNG: %s", from.text);
        return APUS_IMAGE_DAMAGED;
    }
    png_set_read_fn(png, &from, take);
    png_set_user_limits(png, 0x7FFFFFFF, 0x7FFFFFFF);
    png_set_chunk_malloc_max(png, 8 << 20);
    png_read_info(png, info);
    png_set_expand(png);
    png_set_strip_16(png);
    png_set_strip_alpha(png);
    png_set_gray_to_rgb(png);
    png_set_interlace_handling(png);
    png_read_update_info(png, info);
    status = apus_decoding_allocate(decoding, png_get_image_width(png, info), png_get_image_height(png, info));
    if (status != APUS_IMAGE_OK) {
        png_destroy_read_struct(&png, &info, NULL);
        return status;
    }
    if (png_get_rowbytes(png, info) != (size_t)decoding->image->width * 3) png_error(png, "rows of another width");
    rows = malloc((size_t)decoding->image->height * sizeof *rows);
    if (rows == NULL) png_error(png, "no memory for rows");
    for (int32_t y = 0; y < decoding->image->height; y++) {
        rows[y] = decoding->image->pixels + (size_t)y * (size_t)decoding->image->width * 3;
    }
    png_read_image(png, rows);
    png_destroy_read_struct(&png, &info, NULL);
    free(rows);
    return APUS_IMAGE_OK;
}
