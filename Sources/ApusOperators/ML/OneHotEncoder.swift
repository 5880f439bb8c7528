// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// Turns each category into a row with a single 1.
package struct OneHotEncoder: Operator {
    package static let schema = Schema("OneHotEncoder", domain: OperatorDomain.machineLearning, inputs: 1...1)

    private let texts: [String: Int]
    private let numbers: [Int64: Int]
    private let width: Int
    private let allowsUnknown: Bool

    package init(_ node: NodeReader) throws(ComputeError) {
        let strings = try node.strings("cats_strings")
        let integers = try node.integers("cats_int64s")
        guard strings.isEmpty != integers.isEmpty else {
            throw .attribute("one of 'cats_strings' and 'cats_int64s' must be given")
        }
        texts = Dictionary(zip(strings, strings.indices)) { _, last in last }
        numbers = Dictionary(zip(integers.map { Int64($0) }, integers.indices)) { _, last in last }
        width = strings.count + integers.count
        allowsUnknown = try node.flag("zeros", default: true)
    }

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        [.tensor(.float32, inputs[0]?.type.dimensions.map { $0 + [Dimension(width)] })]
    }

    package func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        let source = try inputs.tensor(0)
        let places = try places(source)
        let shape = Shape(source.shape.dimensions + [width])
        guard try shape.checkedElementCount() <= 1 << 32 else { throw .limit("an output of \(shape)") }
        var result = [Float](repeating: 0, count: shape.elementCount)
        for (index, place) in places.enumerated() {
            if let place {
                result[index * width + place] = 1
            } else if !allowsUnknown {
                throw .value("element \(index) is of no known category")
            }
        }
        outputs.set(0, try Tensor(result, shape: shape))
    }

    private func places(_ source: Tensor) throws(ComputeError) -> [Int?] {
        switch source.elementType {
        case .string: source.strings.map { texts[$0] }
        case .int32, .int64: try source.integers().map { numbers[Int64($0)] }
        default:
            try source.numbers(as: Double.self).map { value in
                Int64(exactly: value.rounded(.towardZero)).flatMap { numbers[$0] }
            }
        }
    }
}
