// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// Puts the features of several inputs side by side.
package struct FeatureVectorizer: Operator {
    package static let schema = Schema(
        "FeatureVectorizer", domain: OperatorDomain.machineLearning, inputs: .atLeast(1))

    private let widths: [Int]

    package init(_ node: NodeReader) throws(ComputeError) {
        widths = try node.integers("inputdimensions")
        guard widths.allSatisfy({ $0 >= 0 && $0 <= 1 << 32 }) else {
            throw .attribute("attribute 'inputdimensions' is \(widths)")
        }
    }

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        guard !widths.isEmpty, let first = inputs[0] else { return [.tensor(.float32, nil)] }
        return [.tensor(.float32, [first.sampleCount, Dimension(widths.reduce(0, +))])]
    }

    package func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        var parts: [FeatureMatrix<Float>] = []
        for index in 0..<inputs.count { parts.append(try FeatureMatrix(try inputs.tensor(index))) }
        let widths = widths.isEmpty ? parts.map(\.columns) : self.widths
        guard let first = parts.first, widths.count == parts.count else {
            throw .attribute("\(widths.count) widths for \(parts.count) inputs")
        }
        guard parts.allSatisfy({ $0.rows == first.rows }) else { throw .shape("the inputs differ in their rows") }
        let total = widths.reduce(0, +)
        let count = try Shape([first.rows, total]).checkedElementCount()
        guard count <= 1 << 30 else { throw .limit("\(first.rows) rows of \(total) features") }
        var result = [Float](repeating: 0, count: count)
        var start = 0
        for (part, width) in zip(parts, widths) {
            for row in 0..<part.rows {
                for column in 0..<min(width, part.columns) {
                    result[row * total + start + column] = part.values[row * part.columns + column]
                }
            }
            start += width
        }
        outputs.set(0, try Tensor(result, shape: [first.rows, total]))
    }
}
