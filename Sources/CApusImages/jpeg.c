// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>

#include <jerror.h>

#include "decode.h"

typedef struct {
    struct jpeg_error_mgr base;
    jmp_buf escape;
    char text[JMSG_LENGTH_MAX];
} failure;

static void fail(j_common_ptr info) {
    failure *handler = (failure *)info->err;
    info->err->format_message(info, handler->text);
    longjmp(handler->escape, 1);
}

/// Takes a file that ends early as damaged; other warnings still leave a picture.
static void warn(j_common_ptr info, int level) {
    if (level < 0 && info->err->msg_code == JWRN_JPEG_EOF) fail(info);
}

static void red_green_blue(const uint8_t *row, int components, uint8_t *target, uint32_t width) {
    for (uint32_t x = 0; x < width; x++, row += components, target += 3) {
        for (int c = 0; c < 3; c++) {
            if (components == 4) {
                target[c] = (uint8_t)((row[c] * row[3] + 127) / 255);
            } else {
                target[c] = row[components == 1 ? 0 : c];
            }
        }
    }
}

int32_t apus_decode_jpeg(const uint8_t *bytes, size_t count, apus_decoding *decoding) {
    struct jpeg_decompress_struct info;
    failure handler;
    uint8_t *volatile row = NULL;
    int32_t status;
    memset(&info, 0, sizeof info);
    info.err = jpeg_std_error(&handler.base);
    handler.base.error_exit = fail;
    handler.base.emit_message = warn;
    handler.text[0] = 0;
    if (setjmp(handler.escape)) {
        jpeg_destroy_decompress(&info);
        free(row);
        snprintf(decoding->message, decoding->message_count, "damaged JPEG: %s", handler.text);
        return APUS_IMAGE_DAMAGED;
    }
    jpeg_create_decompress(&info);
    jpeg_mem_src(&info, bytes, count);
    jpeg_read_header(&info, TRUE);
    if (info.jpeg_color_space == JCS_CMYK || info.jpeg_color_space == JCS_YCCK) {
        info.out_color_space = JCS_CMYK;
    } else if (info.jpeg_color_space != JCS_GRAYSCALE) {
        info.out_color_space = JCS_RGB;
    }
    status = apus_decoding_allocate(decoding, info.image_width, info.image_height);
    if (status != APUS_IMAGE_OK) {
        jpeg_destroy_decompress(&info);
        return status;
    }
    jpeg_start_decompress(&info);
    row = malloc((size_t)info.output_width * (size_t)info.output_components);
    if (row == NULL || info.output_width != info.image_width || info.output_height != info.image_height) {
        free(row);
        jpeg_destroy_decompress(&info);
        snprintf(decoding->message, decoding->message_count, "no memory for a row of the JPEG");
        return APUS_IMAGE_MEMORY;
    }
    while (info.output_scanline < info.output_height) {
        uint8_t *target = decoding->image->pixels + (size_t)info.output_scanline * info.output_width * 3;
        JSAMPROW rows[1] = {row};
        if (jpeg_read_scanlines(&info, rows, 1) != 1) break;
        red_green_blue(row, info.output_components, target, info.output_width);
    }
    jpeg_finish_decompress(&info);
    jpeg_destroy_decompress(&info);
    free(row);
    return APUS_IMAGE_OK;
}
