// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// Numbers from a start, by a step, up to but not including a limit.
package struct RangeOperator: Operator {
    package static let schema = Schema("Range", since: 11, inputs: 3...3)
    package static var widensHalf: Bool { true }

    package init(_ node: NodeReader) throws(ComputeError) {}

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        guard let elementType = inputs.elementType(0) else { return [.unknown] }
        guard elementType.isInteger, let start = inputs.elements(0)?.first, let limit = inputs.elements(1)?.first,
            let step = inputs.elements(2)?.first?.value
        else { return [.tensor(elementType, [.unknown])] }
        if let first = start.value, let last = limit.value {
            let count = try RangeOperator.count(first, last, step)
            guard count <= InferredValue.elementLimit else { return [.tensor(elementType, [Dimension(count)])] }
            return [.integers(elementType, (0..<count).map { Dimension(first + $0 * step) })]
        }
        let length = limit - start
        if step == 1 { return [.tensor(elementType, [length])] }
        guard step > 0, length.value == nil else { return [.tensor(elementType, [.unknown])] }
        return [.tensor(elementType, [(length + Dimension(step - 1)).floorDivided(by: Dimension(step))])]
    }

    private static func count(_ start: Int, _ limit: Int, _ step: Int) throws(ComputeError) -> Int {
        guard step != 0, step != .min else { throw .value("a step of \(step)") }
        if step > 0 ? start >= limit : start <= limit { return 0 }
        let (distance, overflow) =
            step > 0 ? limit.subtractingReportingOverflow(start) : start.subtractingReportingOverflow(limit)
        guard !overflow else { throw .limit("a range from \(start) to \(limit)") }
        return (distance - 1) / abs(step) + 1
    }

    package func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        let first = try inputs.tensor(0)
        for index in 0..<3 {
            let tensor = try inputs.tensor(index)
            guard tensor.elementCount == 1 else { throw .shape("expected one number, input \(index) is \(tensor)") }
            guard tensor.elementType == first.elementType else { throw .elementType("\(first) and \(tensor)") }
        }
        switch first.elementType {
        case .float32: try reals(Float.self, inputs, &outputs)
        case .float64: try reals(Double.self, inputs, &outputs)
        case .int16: try integers(Int16.self, inputs, &outputs)
        case .int32: try integers(Int32.self, inputs, &outputs)
        case .int64: try integers(Int64.self, inputs, &outputs)
        default: throw .elementType("a range of \(first.elementType.name)")
        }
    }

    private func integers<Element: FixedWidthInteger & TensorElement>(
        _ type: Element.Type, _ inputs: Inputs, _ outputs: inout Outputs
    ) throws(ComputeError) {
        let start = try inputs.tensor(0).scalarInteger()
        let step = try inputs.tensor(2).scalarInteger()
        let count = try RangeOperator.count(start, try inputs.tensor(1).scalarInteger(), step)
        try outputs.write(0, of: Element.self, [count]) { target throws(ComputeError) in
            for index in target.indices { target[index] = Element(truncatingIfNeeded: start &+ index &* step) }
        }
    }

    private func reals<Element: BinaryFloatingPoint & TensorElement>(
        _ type: Element.Type, _ inputs: Inputs, _ outputs: inout Outputs
    ) throws(ComputeError) {
        let start = try inputs.tensor(0).element(0, of: Element.self)
        let limit = try inputs.tensor(1).element(0, of: Element.self)
        let step = try inputs.tensor(2).element(0, of: Element.self)
        let steps = (Double(limit - start) / Double(step)).rounded(.up)
        guard steps.isFinite, let count = Int(exactly: max(steps, 0)) else {
            throw .value("a range from \(start) to \(limit) by \(step)")
        }
        try outputs.write(0, of: Element.self, [count]) { target throws(ComputeError) in
            for index in target.indices { target[index] = start + Element(index) * step }
        }
    }
}
