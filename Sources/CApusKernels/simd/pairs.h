// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

// Products of pairs of bf16 where no instruction has them: bf16 are the upper halves of floats.

V_INLINE vf v_dot_pairs(vf a, vf b, vf sum) {
    const vi x = v_bits(a), y = v_bits(b), upper = vi_set(~0xffff);
    sum = v_fma(v_from_bits(x & upper), v_from_bits(y & upper), sum);
    return v_fma(v_from_bits(x << 16), v_from_bits(y << 16), sum);
}

V_INLINE vi v_pair(vi low, vi high) { return low | high << 16; }
