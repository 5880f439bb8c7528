// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusTensors

/// Makes rows of numbers comparable: mean 0 and variance 1, or mean square 1.
package struct RowNormalization {
    package var width: Int
    package var epsilon: Float
    package var subtractsMean: Bool
    package var gamma: [Float]
    package var beta: [Float]

    /// Checks that the weights fit the rows.
    ///
    /// - Throws: ``ComputeError`` with code `shape`.
    package init(
        width: Int, epsilon: Float, subtractsMean: Bool, gamma: Tensor?, beta: Tensor?
    ) throws(ComputeError) {
        self.width = width
        self.epsilon = epsilon
        self.subtractsMean = subtractsMean
        self.gamma = try gamma?.array(of: Float.self) ?? []
        self.beta = try beta?.array(of: Float.self) ?? []
        for weights in [self.gamma, self.beta] where !weights.isEmpty && weights.count != width {
            throw .shape("\(weights.count) weights for rows of \(width)")
        }
    }

    /// Normalises every row in place; returns the mean and the inverse deviation of each.
    package func apply(_ values: inout [Float]) -> (means: [Float], inverses: [Float]) {
        var means: [Float] = []
        var inverses: [Float] = []
        guard width > 0 else { return ([], []) }
        for start in stride(from: 0, to: values.count, by: width) {
            var sum = 0.0
            var squares = 0.0
            for index in start..<(start + width) {
                let value = Double(values[index])
                sum += value
                squares += value * value
            }
            let mean = subtractsMean ? sum / Double(width) : 0
            let variance = squares / Double(width) - mean * mean
            let inverse = Float(1 / (Swift.max(variance, 0) + Double(epsilon)).squareRoot())
            means.append(Float(mean))
            inverses.append(inverse)
            for index in start..<(start + width) {
                var value = (values[index] - Float(mean)) * inverse
                if !gamma.isEmpty { value *= gamma[index - start] }
                if !beta.isEmpty { value += beta[index - start] }
                values[index] = value
            }
        }
        return (means, inverses)
    }
}
