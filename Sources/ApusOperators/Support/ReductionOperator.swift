// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// An operator that reduces axes of a tensor of numbers.
package protocol ReductionOperator: Operator {
    /// The axes.
    var axes: ReductionAxes { get }
    /// Reduces elements of one type.
    func reduce<Element: Number>(
        _ walk: ReductionWalk, _ source: Tensor, into target: inout MutableSpan<Element>
    ) throws(ComputeError)
    /// The reduction of two as far as it can be said of sizes.
    func apply(_ left: Dimension, _ right: Dimension) -> Dimension
}

extension ReductionOperator {
    package static var widensHalf: Bool { true }
    package func apply(_ left: Dimension, _ right: Dimension) -> Dimension { .unknown }

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        try axes.infer(inputs).map { InferredValue($0.type, elements: axes.elements(inputs) { apply($0, $1) }) }
    }

    package func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        try evaluateNumbers(inputs, into: &outputs)
    }

    func evaluateNumbers(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        let source = try inputs.tensor(0)
        var walk = try axes.walk(inputs)
        walk.workers = outputs.context.workers
        switch source.elementType {
        case .float32: try run(Float.self, walk, source, &outputs)
        case .float64: try run(Double.self, walk, source, &outputs)
        case .int8: try run(Int8.self, walk, source, &outputs)
        case .int16: try run(Int16.self, walk, source, &outputs)
        case .int32: try run(Int32.self, walk, source, &outputs)
        case .int64: try run(Int64.self, walk, source, &outputs)
        case .uint8: try run(UInt8.self, walk, source, &outputs)
        case .uint16: try run(UInt16.self, walk, source, &outputs)
        case .uint32: try run(UInt32.self, walk, source, &outputs)
        case .uint64: try run(UInt64.self, walk, source, &outputs)
        default: throw .elementType("\(Self.schema.name) takes numbers, the input is \(source)")
        }
    }

    private func run<Element: Number>(
        _ type: Element.Type, _ walk: ReductionWalk, _ source: Tensor, _ outputs: inout Outputs
    ) throws(ComputeError) {
        try outputs.write(0, of: Element.self, walk.shape) { (target) throws(ComputeError) in
            try reduce(walk, source, into: &target)
        }
    }

    /// Reduces truth values as the integers 0 and 1.
    func evaluateTruths(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        var numbers = inputs
        let source = try inputs.tensor(0)
        numbers.values[0] = .tensor(try source.bytesOfTruths())
        var result = Outputs(wanted: [true], context: outputs.context)
        try evaluateNumbers(numbers, into: &result)
        guard case .tensor(let bytes) = result.values[0] else { return }
        try outputs.map(0, bytes, TruthOfByte())
    }
}
