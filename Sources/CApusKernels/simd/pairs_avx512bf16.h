// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

// Products of pairs of bf16 with AVX-512 BF16.

V_INLINE vf v_dot_pairs(vf a, vf b, vf sum) {
    return (vf)_mm512_dpbf16_ps((__m512)sum, (__m512bh)a, (__m512bh)b);
}
