// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

#ifndef APUS_TASKS_H
#define APUS_TASKS_H

#include <stddef.h>
#include <stdint.h>

/// C[m n] (+)= A * B over panels: panel i of A is `panel_rows` rows, panel j of B a tile's columns.
///
/// `prefetch` is how many floats ahead B is fetched, or 0. A bf16 product counts its depth in pairs, a word each.
struct apus_f32_gemm_task {
    size_t m, n, k;
    const float *a;
    size_t panel_rows, a_panel_stride, a_row_stride, a_step;
    const float *b;
    size_t b_panel_stride, b_step, prefetch;
    float *c;
    size_t c_stride;
    int is_first, is_last;
    float scale, low, high;
    const float *row_bias, *column_bias, *residual;
};
typedef float apus_f32_peak_fn(size_t rounds);
typedef void apus_f32_gemm_fn(const struct apus_f32_gemm_task *task);
typedef apus_f32_gemm_fn apus_bf16_gemm_fn;

/// out[p * out_step + r] = x[r * row_stride + p * step] for r < rows, zero for rows <= r < padded_rows.
struct apus_pack_task {
    size_t rows, k, padded_rows;
    const float *x;
    size_t row_stride, step;
    float *out;
    size_t out_step;
};
typedef void apus_f32_pack_fn(const struct apus_pack_task *task);
typedef void apus_f32_interleave_fn(size_t depth, size_t count, const float *x, size_t stride, float *y);

/// Where the zero points of coded weights are: half the range for all, or one for each block and column.
enum apus_nbits_zeros { APUS_NBITS_MIDDLE, APUS_NBITS_BYTES, APUS_NBITS_FLOATS };

/// Weights of `bits` bits in panels with scales for every `block` of the depth; see f32_nbits.inc. Strides in bytes.
struct apus_nbits_layout {
    size_t k, block, block_stride, panel_stride;
    int bits;
    enum apus_nbits_zeros zeros;
};

/// C[m n] = A * B, B packed by `nbits_pack`; weights are fetched `prefetch` bytes ahead.
///
/// A has rows `a_row_stride` apart, four at most, or is packed in panels of `panel_rows`, at least three.
struct apus_nbits_task {
    struct apus_nbits_layout layout;
    size_t m, n;
    const float *a;
    int is_packed;
    size_t panel_rows, a_panel_stride, a_row_stride;
    const uint8_t *b;
    size_t prefetch;
    float *c;
    size_t c_stride;
    float scale, low, high;
    const float *bias, *residual;
};
typedef void apus_f32_nbits_gemm_fn(const struct apus_nbits_task *task);
typedef void apus_f32_nbits_unpack_fn(const struct apus_nbits_layout *layout, const uint8_t *panel, size_t start,
                                      size_t count, float *y);

/// One panel of codes `((x + turn) & mask) + lift`, x[first + column * column_stride + depth * depth_stride] being
/// numbers of `source_bits` bits. Zeros may be null.
struct apus_nbits_pack_task {
    struct apus_nbits_layout layout;
    size_t columns;
    const uint8_t *x;
    size_t first, column_stride, depth_stride, source_bits;
    uint32_t turn, mask, lift;
    const float *scales, *zeros;
    size_t scale_column_stride, scale_block_stride;
    uint8_t *out;
};
typedef void apus_f32_nbits_pack_fn(const struct apus_nbits_pack_task *task);

/// Panels of the patches a convolution reads; depth runs over taps and, fastest, channels.
struct apus_patch_task {
    const void *x;
    size_t channels;
    ptrdiff_t height, width, output_width, kernel_width;
    ptrdiff_t stride_height, stride_width, dilation_height, dilation_width, pad_top, pad_left;
    size_t column, columns, panel_columns, k, k_count;
    void *out;
    size_t panel_stride;
    uint8_t fill, flip;
};
typedef void apus_f32_patch_fn(const struct apus_patch_task *task);

/// Activations that convolutions apply before their results leave the first level of cache.
enum apus_curve { APUS_CURVE_NONE, APUS_CURVE_SILU, APUS_CURVE_HARD_SWISH };

/// Output pixels of one image with channels last, and a range of output channels; see indirect.inc.
///
/// Images and weights of bf16 are words of two channels each. Results and residuals are floats unless they are said to
/// be bf16; those are rounded once, so that all taps must be taken in one call.
struct apus_indirect_task {
    const float *x;
    ptrdiff_t height, width;
    size_t x_stride, channels, output_width, kernel_height, kernel_width;
    ptrdiff_t stride_height, stride_width, dilation_height, dilation_width, pad_top, pad_left;
    const float *zeros;
    const float **table;
    size_t chunk, ahead;
    size_t pixel, pixels, tap, taps, column, columns;
    const float *weights;
    void *y;
    size_t y_stride, residual_stride;
    const float *bias;
    const void *residual;
    float low, high;
    enum apus_curve curve;
    int is_first, is_last, y_is_bf16, residual_is_bf16;
};
typedef void apus_f32_indirect_fn(const struct apus_indirect_task *task);
typedef apus_f32_indirect_fn apus_bf16_indirect_fn;
typedef void apus_f32_indirect_pack_fn(size_t columns, size_t channels, size_t taps, const float *weights,
                                       float *packed);
typedef void apus_f32_winograd_pack_fn(size_t columns, size_t channels, size_t position, const float *weights,
                                       float *packed);
typedef void apus_f32_indirect_scale_fn(size_t columns, size_t depth, const float *factors, const float *packed,
                                        float *scaled);

/// Rows of windows over one image with channels last, each channel by itself.
///
/// The kernel's name tells the type of x and of the zeros; the result and the residual are floats or bf16.
struct apus_channel_task {
    const void *x;
    size_t channels, x_stride;
    ptrdiff_t height, width, output_width, kernel_height, kernel_width;
    ptrdiff_t stride_height, stride_width, dilation_height, dilation_width, pad_top, pad_left;
    size_t row, rows;
    const float *weights, *bias, *row_factors, *column_factors;
    const void *residual, *zeros;
    size_t weight_stride, residual_stride, y_stride;
    float low, high;
    enum apus_curve curve;
    void *y;
    int y_is_bf16, residual_is_bf16;
};
typedef void apus_f32_channels_fn(const struct apus_channel_task *task);
typedef apus_f32_channels_fn apus_bf16_channels_fn;

/// Tiles of one image with channels last under Winograd's filtering; see winograd.inc.
///
/// The kernel's name tells the type of x; what tiles become is bf16 where that is said, which x must then be too.
struct apus_winograd_task {
    const void *x;
    ptrdiff_t height, width, pad_top, pad_left;
    size_t channels, tiles_wide, tile, tiles, stride;
    void *v;
    const float *m;
    size_t columns, output_height, output_width, y_stride;
    const float *bias;
    const void *residual;
    float low, high, alpha, beta;
    void (*activation)(size_t n, const float *x, float *y, float alpha, float beta);
    void *y;
    int v_is_bf16, y_is_bf16, residual_is_bf16;
};
typedef void apus_f32_winograd_fn(const struct apus_winograd_task *task);
typedef apus_f32_winograd_fn apus_bf16_winograd_fn;

/// A padded copy of one image plane, its columns dealt out to `phases` planes of `out_height` by `out_width`.
struct apus_plane_task {
    const float *x;
    size_t height, width, pad_top, pad_left;
    size_t phases, out_height, out_width;
    float fill;
    float *out;
};
typedef void apus_f32_plane_fn(const struct apus_plane_task *task);

/// One output plane computed from a plane made by `plane`.
struct apus_window_task {
    const float *x;
    size_t phases, plane_height, plane_width;
    size_t kernel_height, kernel_width, stride_height, dilation_height, dilation_width;
    size_t output_height, output_width;
    const float *weights;
    float *y;
    float scale, bias, low, high;
    const float *residual;
    const float *row_factors, *column_factors;
};
typedef void apus_f32_depthwise_fn(const struct apus_window_task *task);
typedef void apus_f32_pool_fn(const struct apus_window_task *task);

typedef void apus_f32_unary_fn(size_t n, const float *x, float *y, float alpha, float beta);
typedef void apus_f32_binary_fn(size_t n, const float *a, const float *b, float *y);
typedef void apus_f32_softmax_fn(size_t rows, size_t columns, const float *x, float *y, int logarithm);
typedef void apus_f32_softmax_columns_fn(size_t rows, size_t columns, size_t stride, const float *x, float *y,
                                         int logarithm);
typedef void apus_f32_reduce_fn(size_t rows, size_t columns, const float *x, size_t row_stride, float *y);

/// Rows of `x + residual` normalised, scaled and shifted; null pointers are left out.
struct apus_normalization_task {
    size_t rows, columns;
    const float *x, *residual, *scale, *bias;
    float *y, *sum, *means, *deviations;
    float epsilon;
    int is_centred;
};
typedef void apus_f32_normalization_fn(const struct apus_normalization_task *task);

/// Queries of one head: softmax(scale * Q * K^T, capped, masked) * V, without ever writing all scores.
///
/// Query i sees key j where j <= i + reach. A mask is added, its rows `mask_stride` apart (0: the same for all);
/// scratch holds `attention_scratch` floats.
struct apus_attention_task {
    size_t queries, keys, depth, values;
    const float *q, *k, *v, *mask;
    size_t q_stride, k_stride, v_stride, mask_stride;
    float *y;
    size_t y_stride;
    ptrdiff_t reach;
    float scale, softcap;
    float *scratch;
};
typedef void apus_f32_attention_fn(const struct apus_attention_task *task);
typedef apus_f32_attention_fn apus_bf16_attention_fn;

/// `count` LSTM cells of one row; gates and peepholes of one kind are `hidden` apart.
struct apus_lstm_task {
    size_t hidden, count;
    const float *gates, *peepholes;
    float *cell, *output;
};
typedef void apus_f32_lstm_fn(const struct apus_lstm_task *task);

/// `count` GRU cells of one row; gates of one kind are `hidden` apart. `state` may be `last`.
struct apus_gru_task {
    size_t hidden, count;
    const float *input_gates, *hidden_gates, *last;
    float *state;
};
typedef void apus_f32_gru_fn(const struct apus_gru_task *task);

typedef void apus_f16_widen_fn(size_t n, const uint16_t *x, float *y);
typedef void apus_f16_narrow_fn(size_t n, const float *x, uint16_t *y);
typedef apus_f16_widen_fn apus_bf16_widen_fn;
typedef apus_f16_narrow_fn apus_bf16_narrow_fn;
typedef apus_f16_narrow_fn apus_bf16_round_fn;
typedef void apus_bf16_sum_fn(size_t n, const uint16_t *a, const uint16_t *b, uint16_t *y);
typedef void apus_bf16_scale_fn(size_t n, const uint16_t *x, const float *factors, uint16_t *y);
typedef void apus_bf16_pair_fn(size_t n, const float *a, const float *b, float *y);
typedef void apus_u8_quantize_fn(size_t n, const float *x, float scale, float zero_point, float low, float high,
                                 void *y);
typedef apus_u8_quantize_fn apus_s8_quantize_fn;
typedef void apus_u8_dequantize_fn(size_t n, const void *x, float scale, float zero_point, float *y);
typedef apus_u8_dequantize_fn apus_s8_dequantize_fn;

/// C[m n] = A * B over panels of bytes, the depth in groups of four: panel[group][row or column][4].
struct apus_byte_gemm_task {
    size_t m, n, groups;
    const uint8_t *a;
    size_t panel_rows, a_panel_stride;
    const uint8_t *b;
    size_t b_panel_stride;
    int32_t *c;
    size_t c_stride;
};
typedef void apus_u8s8_gemm_fn(const struct apus_byte_gemm_task *task);
typedef void apus_s8u8_gemm_fn(const struct apus_byte_gemm_task *task);

/// out[group][r][i] = x[r * row_stride + (4 * group + i) * step] ^ flip, zero outside; sums over the depth.
struct apus_byte_pack_task {
    size_t rows, k, padded_rows;
    const uint8_t *x;
    size_t row_stride, step;
    uint8_t *out;
    int32_t *sums;
    uint8_t flip;
    int is_signed;
};
typedef void apus_u8_pack_fn(const struct apus_byte_pack_task *task);

/// Panels of bytes as `apus_patch_task` has them, channels padded to groups of four; sums over the depth or null.
struct apus_byte_patch_task {
    struct apus_patch_task patch;
    size_t taps;
    int32_t *sums;
};
typedef void apus_u8_patch_fn(const struct apus_byte_patch_task *task);

/// One row of exact sums: x - left_zero * column_terms - right_zero * row_sum + bias; null pointers are left out.
struct apus_sum_task {
    size_t n;
    const int32_t *x, *column_terms, *right_zeros, *column_bias;
    int32_t left_zero, right_zero, row_sum, row_bias;
    const float *column_scales, *column_offsets;
    float scale, offset;
};
typedef void apus_s32_finish_fn(const struct apus_sum_task *task, int32_t *y);
typedef void apus_s32_scale_fn(const struct apus_sum_task *task, float *y);
typedef void apus_s32_round_fn(size_t n, const float *x, int32_t *y);
typedef void apus_u8_requantize_fn(size_t n, const float *x, float zero_point, float low, float high, uint8_t *y);

/// What makes a sum of quantised numbers of two of them: `a * left + (b * right + fixed)`, kept to `low ... high`.
struct apus_byte_sum {
    float left, right, fixed, low, high;
};

/// y[m n] = A * B over rows of unsigned bytes and panels of signed ones, the depth in groups of four.
///
/// A row's depth is `segments` runs of `groups`, `segment_stride` bytes apart. Bytes: `round((sum + bias) * scales)`
/// kept to `low ... high`, plus the zero point, and then the sum with the residual where there is one. Floats:
/// `(sum + bias) * scales + offsets`. Numbers per column are padded to whole panels.
struct apus_byte_rows_task {
    size_t m, n, groups, segments, segment_stride;
    const uint8_t *a;
    size_t a_stride;
    const uint8_t *b;
    size_t b_panel_stride;
    const int32_t *bias;
    const float *scales, *offsets;
    void *y;
    size_t y_stride;
    int32_t zero_point;
    float low, high;
    const uint8_t *residual;
    size_t residual_stride;
    int is_residual_left;
    struct apus_byte_sum sum;
};
typedef void apus_u8s8_rows_fn(const struct apus_byte_rows_task *task);

/// One row of windows over images whose channels lie together; distances are in bytes.
///
/// For square windows of 3 and 5, weights, biases and scales may come once more as codes, for 64 channels at a time:
/// vectors of 16 words of four taps, the last ones zero, by rows, then by j, then by the words of a row; then 4 vectors
/// of biases and 4 of scales. Vector j is for channels 4 j ... 4 j + 3 of every 16.
struct apus_byte_window_task {
    size_t channels, first_channel, outputs, kernel_height, kernel_width;
    const uint8_t *x;
    size_t row_stride, tap_stride, step;
    const float *weights;
    size_t weight_stride;
    const int8_t *codes;
    const int32_t *bias;
    const float *scales;
    uint8_t *y;
    int32_t zero_point;
    float low, high;
};
typedef void apus_u8_window_fn(const struct apus_byte_window_task *task);

/// y[c] = round((sum over places of x[c] - offset) * factor) + zero point, over bytes whose channels lie together.
struct apus_byte_mean_task {
    size_t channels, places;
    const uint8_t *x;
    int32_t offset, zero_point;
    float factor;
    int32_t *sums;
    uint8_t *y;
};
typedef void apus_u8_mean_fn(const struct apus_byte_mean_task *task);

typedef void apus_u8_sum_fn(size_t n, const void *a, const void *b, const struct apus_byte_sum *sum, void *y);
typedef apus_u8_sum_fn apus_s8_sum_fn;
typedef void apus_u8_table_fn(size_t n, const uint8_t *x, const uint8_t *table, uint8_t *y);

/// y[p * step + c] = x[c * plane + p] ^ flip, other channels up to `step` undefined; or the other way round.
struct apus_byte_turn_task {
    size_t channels, places, plane, step;
    const uint8_t *x;
    uint8_t *y;
    uint8_t flip;
};
typedef void apus_u8_turn_fn(const struct apus_byte_turn_task *task);

#endif
