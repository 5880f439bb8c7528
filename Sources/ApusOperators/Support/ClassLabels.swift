// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// The labels a classifier chooses from.
package enum ClassLabels: Sendable {
    case strings([String])
    case integers([Int64])

    /// Reads the labels from whichever of the two attributes holds some.
    package init(_ node: NodeReader, strings: String, integers: String) throws(ComputeError) {
        let texts = try node.strings(strings)
        let numbers = try node.integers(integers)
        guard texts.isEmpty || numbers.isEmpty else {
            throw .attribute("attributes '\(strings)' and '\(integers)' are both there")
        }
        self = texts.isEmpty ? .integers(numbers.map { Int64($0) }) : .strings(texts)
    }

    /// The number of labels.
    package var count: Int {
        switch self {
        case .strings(let labels): labels.count
        case .integers(let labels): labels.count
        }
    }

    /// The element type of a tensor of labels.
    package var elementType: ElementType {
        switch self {
        case .strings: .string
        case .integers: .int64
        }
    }

    /// One label per sample; a position past the labels stands for itself as a number.
    package func tensor(_ positions: [Int]) throws(ComputeError) -> Tensor {
        switch self {
        case .strings(let labels):
            let chosen = positions.map { labels.indices.contains($0) ? labels[$0] : String($0) }
            return try Tensor(strings: chosen, shape: [positions.count])
        case .integers(let labels):
            let chosen = positions.map { labels.indices.contains($0) ? labels[$0] : Int64($0) }
            return try Tensor(chosen, shape: [positions.count])
        }
    }
}
