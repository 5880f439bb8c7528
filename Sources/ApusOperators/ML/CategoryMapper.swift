// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// Maps strings to integers or integers to strings by a list of pairs.
package struct CategoryMapper: Operator {
    package static let schema = Schema("CategoryMapper", domain: OperatorDomain.machineLearning, inputs: 1...1)

    private let numbers: [String: Int64]
    private let texts: [Int64: String]
    private let defaultNumber: Int64
    private let defaultText: String

    package init(_ node: NodeReader) throws(ComputeError) {
        let strings = try node.strings("cats_strings")
        let integers = try node.integers("cats_int64s").map { Int64($0) }
        guard strings.count == integers.count else {
            throw .attribute("\(strings.count) strings for \(integers.count) integers")
        }
        numbers = Dictionary(zip(strings, integers)) { _, last in last }
        texts = Dictionary(zip(integers, strings)) { _, last in last }
        defaultNumber = Int64(try node.integer("default_int64", default: -1))
        defaultText = try node.string("default_string", default: "_Unused")
    }

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        switch inputs[0]?.type {
        case .tensor(.string, let dimensions): [.tensor(.int64, dimensions)]
        case .tensor(.int64, let dimensions): [.tensor(.string, dimensions)]
        default: []
        }
    }

    package func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        let source = try inputs.tensor(0)
        if source.elementType == .string {
            let mapped = source.strings.map { numbers[$0] ?? defaultNumber }
            outputs.set(0, try Tensor(mapped, shape: source.shape))
        } else {
            let mapped = try source.array(of: Int64.self).map { texts[$0] ?? defaultText }
            outputs.set(0, try Tensor(strings: mapped, shape: source.shape))
        }
    }
}
