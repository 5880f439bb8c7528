// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// Every integer with all bits flipped.
package struct BitwiseNot: Operator {
    package static let schema = Schema("BitwiseNot", since: 18, inputs: 1...1)

    package init(_ node: NodeReader) {}

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        [InferredValue(inputs.first.flatMap { $0?.type } ?? .unknown)]
    }

    package func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        let source = try inputs.tensor(0)
        switch source.elementType {
        case .int8: try outputs.map(0, source, Inversion<Int8>())
        case .int16: try outputs.map(0, source, Inversion<Int16>())
        case .int32: try outputs.map(0, source, Inversion<Int32>())
        case .int64: try outputs.map(0, source, Inversion<Int64>())
        case .uint8: try outputs.map(0, source, Inversion<UInt8>())
        case .uint16: try outputs.map(0, source, Inversion<UInt16>())
        case .uint32: try outputs.map(0, source, Inversion<UInt32>())
        case .uint64: try outputs.map(0, source, Inversion<UInt64>())
        default: throw .elementType("BitwiseNot takes integers, the input is \(source)")
        }
    }
}

private struct Inversion<Element: WholeNumber>: ElementFunction {
    @inline(__always)
    func callAsFunction(_ x: Element) -> Element { ~x }
}
