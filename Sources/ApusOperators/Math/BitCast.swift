// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// The same bits read as another element type of the same width.
package struct BitCast: Operator {
    package static let schema = Schema("BitCast", since: 26, inputs: 1...1)

    private let target: ElementType

    package init(_ node: NodeReader) throws(ComputeError) {
        guard let type = try node.optionalElementType("to") else { throw .attribute("attribute 'to' is missing") }
        target = type
    }

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        [.tensor(target, inputs.first.flatMap { $0?.type.dimensions })]
    }

    package func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        let source = try inputs.tensor(0)
        guard source.elementType != .string, target != .string,
            BitCast.bitWidth(source.elementType) == BitCast.bitWidth(target)
        else { throw .elementType("the bits of \(source) are no \(target.name)") }
        if target == .bool && source.elementType != .bool {
            return try outputs.map(
                0, Tensor(.uint8, source.shape, storage: source.storage, byteOffset: source.byteOffset),
                TruthOfByte())
        }
        outputs.set(0, try Tensor(target, source.shape, storage: source.storage, byteOffset: source.byteOffset))
    }

    private static func bitWidth(_ type: ElementType) -> Int { type.storedBitWidth }
}
