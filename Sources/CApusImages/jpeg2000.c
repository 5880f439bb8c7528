// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openjpeg.h>

#include "decode.h"

typedef struct {
    const uint8_t *bytes;
    size_t count;
    size_t position;
} source;

static OPJ_SIZE_T take(void *target, OPJ_SIZE_T wanted, void *user) {
    source *from = user;
    size_t left = from->count - from->position;
    if (left == 0) return (OPJ_SIZE_T)-1;
    if (wanted > left) wanted = left;
    memcpy(target, from->bytes + from->position, wanted);
    from->position += wanted;
    return wanted;
}

static OPJ_OFF_T skip(OPJ_OFF_T distance, void *user) {
    source *from = user;
    if (distance < 0) return -1;
    if ((uint64_t)distance > from->count - from->position) distance = (OPJ_OFF_T)(from->count - from->position);
    from->position += (size_t)distance;
    return distance;
}

static OPJ_BOOL seek(OPJ_OFF_T position, void *user) {
    source *from = user;
    if (position < 0 || (uint64_t)position > from->count) return OPJ_FALSE;
    from->position = (size_t)position;
    return OPJ_TRUE;
}

/// Keeps the first complaint, without its line end.
static void complain(const char *text, void *user) {
    apus_decoding *decoding = user;
    if (decoding->message_count == 0 || decoding->message[0] != 0) return;
    snprintf(decoding->message, decoding->message_count, "damaged JPEG 2000: %.*s", (int)strcspn(text, "\r\n"), text);
}

static int32_t damaged(apus_decoding *decoding, const char *text) {
    complain(text, decoding);
    return APUS_IMAGE_DAMAGED;
}

/// A sample in 8 bits; a component may have fewer samples than the picture has pixels.
static int32_t sample(const opj_image_comp_t *component, uint32_t x, uint32_t y) {
    size_t column = x / component->dx, row = y / component->dy;
    if (column >= component->w) column = component->w - 1;
    if (row >= component->h) row = component->h - 1;
    int64_t value = component->data[row * component->w + column];
    if (component->sgnd) value += INT64_C(1) << (component->prec - 1);
    if (component->prec > 8) value >>= component->prec - 8;
    if (component->prec < 8) value = value * 255 / ((1 << component->prec) - 1);
    return value < 0 ? 0 : value > 255 ? 255 : (int32_t)value;
}

static uint8_t clamped(int32_t value) { return (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value); }

static int32_t copy(const opj_image_t *picture, apus_decoding *decoding) {
    uint32_t colours = picture->numcomps < 3 ? 1 : 3;
    uint32_t width = (uint32_t)decoding->image->width, height = (uint32_t)decoding->image->height;
    uint8_t *target = decoding->image->pixels;
    for (uint32_t c = 0; c < colours; c++) {
        const opj_image_comp_t *component = &picture->comps[c];
        if (component->data == NULL || component->w == 0 || component->h == 0 || component->dx == 0 ||
            component->dy == 0 || component->prec == 0 || component->prec > 31) {
            return damaged(decoding, "a component has no samples");
        }
    }
    for (uint32_t y = 0; y < height; y++) {
        for (uint32_t x = 0; x < width; x++, target += 3) {
            int32_t first = sample(&picture->comps[0], x, y);
            int32_t second = colours == 3 ? sample(&picture->comps[1], x, y) : first;
            int32_t third = colours == 3 ? sample(&picture->comps[2], x, y) : first;
            if (colours == 3 && picture->color_space == OPJ_CLRSPC_SYCC) {
                int32_t blue = second - 128, red = third - 128;
                second = first - (22554 * blue + 46802 * red + 32768) / 65536;
                third = first + (116130 * blue + 32768) / 65536;
                first = first + (91881 * red + 32768) / 65536;
            }
            target[0] = clamped(first);
            target[1] = clamped(second);
            target[2] = clamped(third);
        }
    }
    return APUS_IMAGE_OK;
}

static int32_t decode(opj_codec_t *codec, opj_stream_t *stream, opj_image_t **picture, apus_decoding *decoding) {
    opj_dparameters_t parameters;
    int32_t status;
    opj_set_default_decoder_parameters(&parameters);
    opj_set_error_handler(codec, complain, decoding);
    if (!opj_setup_decoder(codec, &parameters) || !opj_read_header(stream, codec, picture) || *picture == NULL) {
        return damaged(decoding, "no header");
    }
    opj_image_t *image = *picture;
    if (image->x1 < image->x0 || image->y1 < image->y0 || image->numcomps == 0) return damaged(decoding, "no size");
    if (image->numcomps > 4) {
        snprintf(decoding->message, decoding->message_count, "the JPEG 2000 has %u components", image->numcomps);
        return APUS_IMAGE_FORMAT;
    }
    status = apus_decoding_allocate(decoding, image->x1 - image->x0, image->y1 - image->y0);
    if (status != APUS_IMAGE_OK) return status;
    if (!opj_decode(codec, stream, image) || !opj_end_decompress(codec, stream)) {
        return damaged(decoding, "the samples end early");
    }
    return copy(image, decoding);
}

int32_t apus_decode_jpeg2000(const uint8_t *bytes, size_t count, int32_t is_boxed, apus_decoding *decoding) {
    source from = {bytes, count, 0};
    opj_image_t *picture = NULL;
    int32_t status = APUS_IMAGE_MEMORY;
    opj_codec_t *codec = opj_create_decompress(is_boxed ? OPJ_CODEC_JP2 : OPJ_CODEC_J2K);
    opj_stream_t *stream = opj_stream_default_create(OPJ_TRUE);
    if (codec != NULL && stream != NULL) {
        opj_stream_set_user_data(stream, &from, NULL);
        opj_stream_set_user_data_length(stream, count);
        opj_stream_set_read_function(stream, take);
        opj_stream_set_skip_function(stream, skip);
        opj_stream_set_seek_function(stream, seek);
        status = decode(codec, stream, &picture, decoding);
    } else {
        snprintf(decoding->message, decoding->message_count, "no memory to read the JPEG 2000");
    }
    if (stream != NULL) opj_stream_destroy(stream);
    if (codec != NULL) opj_destroy_codec(codec);
    if (picture != NULL) opj_image_destroy(picture);
    return status;
}
