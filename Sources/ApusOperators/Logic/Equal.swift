// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// Whether the elements of two tensors are equal, one by one; text and truth values too.
package struct Equal: Comparison {
    package static let schema = Schema("Equal", since: 1, inputs: 2...2)

    package let alignment: LegacyAlignment

    package init(_ node: NodeReader) throws(ComputeError) { alignment = try LegacyAlignment(node) }

    package func compare<Element: Number>(_ left: Element, _ right: Element) -> Bool { left == right }

    package func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        let left = try inputs.tensor(0)
        let right = try alignment.aligned(inputs.tensor(1), to: left.shape)
        switch (left.elementType, right.elementType) {
        case (.bool, .bool):
            try outputs.combine(0, left.bytesOfTruths(), right.bytesOfTruths(), Compared<Self, UInt8>(operation: self))
        case (.string, .string):
            try outputs.combine(
                0, left.positions(), right.positions(), SameString(lefts: left.strings, rights: right.strings))
        default: try evaluateNumbers(left, right, into: &outputs)
        }
    }
}

extension Tensor {
    /// Truth values as the bytes 0 and 1, whose loops are faster.
    func bytesOfTruths() throws(ComputeError) -> Tensor {
        try Tensor(.uint8, shape, storage: storage, byteOffset: byteOffset)
    }

    /// The position of every element in a tensor of the same shape.
    func positions() throws(ComputeError) -> Tensor {
        try Tensor((0..<Int64(elementCount)).map { $0 }, shape: shape)
    }
}

/// Compares strings by their positions.
private struct SameString: PairFunction {
    let lefts: [String]
    let rights: [String]

    func callAsFunction(_ left: Int64, _ right: Int64) -> Bool { lefts[Int(left)] == rights[Int(right)] }
}
