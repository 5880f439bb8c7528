// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusGraphs
import ApusTensors

/// The constant second input of a `Reshape` that makes given sizes.
struct ReshapeTarget {
    let sizes: [Int64]

    /// Finds numbers, `0` (as in the input) and at most one `-1`.
    ///
    /// - Throws: ``Refusal`` where more than one size would have to be worked out.
    init(from input: [Dimension]?, to output: [Dimension]) throws(Refusal) {
        var sizes: [Int64] = []
        var hasRest = false
        var hasZero = false
        for (axis, size) in output.enumerated() {
            if let number = size.value {
                guard number >= 0 else { throw Refusal("a size is negative") }
                if number == 0 { hasZero = true }
                sizes.append(Int64(number))
            } else if let input, axis < input.count, input[axis] == size, !size.isUnknown {
                sizes.append(0)
            } else {
                guard !hasRest else { throw Refusal("more than one size is not known") }
                hasRest = true
                sizes.append(-1)
            }
        }
        guard !hasZero else { throw Refusal("a size is 0") }
        self.sizes = sizes
    }
}
