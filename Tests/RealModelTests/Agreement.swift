// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import Apus

/// How far an output is from its reference.
struct Agreement {
    /// The length of the difference relative to the length of the reference.
    let relativeLength: Double
    /// The largest difference.
    let largest: Double
    /// The largest magnitude of the reference.
    let magnitude: Double
    /// Whether the largest of every row is at a place where the reference has its largest too; 8-bit outputs tie.
    let hasSameTops: Bool

    /// Compares two tensors of 32-bit floats of one shape.
    init(_ result: Tensor, _ reference: Tensor) throws {
        let (left, right) = (try result.array(of: Float.self), try reference.array(of: Float.self))
        var (squares, total, largest, magnitude) = (0.0, 0.0, 0.0, 0.0)
        for (one, other) in zip(left, right) {
            let difference = Double(one) - Double(other)
            // A value that is not a number is as far away as can be.
            largest = difference.isNaN ? .infinity : max(largest, abs(difference))
            magnitude = max(magnitude, abs(Double(other)))
            squares += difference * difference
            total += Double(other) * Double(other)
        }
        self.largest = largest
        self.magnitude = magnitude
        relativeLength = total > 0 ? (squares / total).squareRoot() : squares
        let width = max(1, reference.shape.last ?? 1)
        let tops = zip(Agreement.tops(left, width), Agreement.tops(right, width))
        hasSameTops = tops.enumerated().allSatisfy { row, place in
            right[row * width + place.0] == right[row * width + place.1]
        }
    }

    /// The largest difference relative to the largest magnitude.
    var relative: Double { magnitude > 0 ? largest / magnitude : largest }

    /// The place of the largest element of each row; the first of equal ones.
    static func tops(_ values: [Float], _ width: Int) -> [Int] {
        stride(from: 0, to: values.count, by: width).map { start in
            var best = start
            for index in start..<start + width where values[index] > values[best] { best = index }
            return best - start
        }
    }
}
