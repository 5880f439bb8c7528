// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusTensors

/// Compares what a backend made with what a case expects.
package enum Comparison {
    /// The first difference in words, or nil when everything agrees.
    package static func difference(_ actual: Datum, _ expected: Datum, _ tolerance: Tolerance) -> String? {
        switch (actual, expected) {
        case (.tensor(let actual), .tensor(let expected)): return tensors(actual, expected, tolerance)
        case (.none, .none): return nil
        case (.sequence(let actual), .sequence(let expected)):
            guard actual.count == expected.count else {
                return "a sequence of \(actual.count), expected \(expected.count)"
            }
            for (index, pair) in zip(actual, expected).enumerated() {
                if let text = difference(pair.0, pair.1, tolerance) { return "item \(index): \(text)" }
            }
            return nil
        case (.map(let actual), .map(let expected)):
            return tensors(actual.keys, expected.keys, tolerance).map { "keys: \($0)" }
                ?? tensors(actual.values, expected.values, tolerance).map { "values: \($0)" }
        default: return "another kind of value"
        }
    }

    private static func tensors(_ actual: Tensor, _ expected: Tensor, _ tolerance: Tolerance) -> String? {
        guard actual.elementType == expected.elementType, actual.shape == expected.shape else {
            return "\(actual), expected \(expected)"
        }
        if actual.elementType == .string {
            let index = actual.strings.indices.first { actual.strings[$0] != expected.strings[$0] }
            return index.map { "element \($0) is '\(actual.strings[$0])', expected '\(expected.strings[$0])'" }
        }
        guard let left = actual.doubles(), let right = expected.doubles() else {
            return "\(actual.elementType.name) cannot be compared"
        }
        let tolerance = tolerance.rounded(to: expected.elementType)
        var worst: (index: Int, excess: Double)?
        for index in left.indices {
            let (value, reference) = (left[index], right[index])
            if value == reference || (value.isNaN && reference.isNaN) { continue }
            let allowed = tolerance.absolute + tolerance.relative * reference.magnitude
            let error = (value - reference).magnitude
            if error <= allowed { continue }
            let excess = error.isNaN ? .infinity : error - allowed
            if excess > worst?.excess ?? -1 { worst = (index, excess) }
        }
        guard let worst else { return nil }
        return "element \(worst.index) of \(actual) is \(left[worst.index]), expected \(right[worst.index])"
    }
}
