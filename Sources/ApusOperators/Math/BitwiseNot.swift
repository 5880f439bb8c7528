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
        case .int8: try outputs.map(0, source) { (x: Int8) in ~x }
        case .int16: try outputs.map(0, source) { (x: Int16) in ~x }
        case .int32: try outputs.map(0, source) { (x: Int32) in ~x }
        case .int64: try outputs.map(0, source) { (x: Int64) in ~x }
        case .uint8: try outputs.map(0, source) { (x: UInt8) in ~x }
        case .uint16: try outputs.map(0, source) { (x: UInt16) in ~x }
        case .uint32: try outputs.map(0, source) { (x: UInt32) in ~x }
        case .uint64: try outputs.map(0, source) { (x: UInt64) in ~x }
        default: throw .elementType("BitwiseNot takes integers, the input is \(source)")
        }
    }
}
