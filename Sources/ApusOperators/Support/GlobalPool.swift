// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// A pool whose window is the whole plane.
package protocol GlobalPoolOperator: RealOperator {
    /// Reduces one plane.
    func reduce<Element: RealElement>(_ source: Span<Element>, _ range: Range<Int>) -> Element
}

extension GlobalPoolOperator {
    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        let dimensions = inputs.dimensions(0)
        if let dimensions, dimensions.count < 2 { throw .shape("\(Self.schema.name) over \(dimensions)") }
        return [.tensor(maybe: inputs.elementType(0), dimensions.map { $0.prefix(2) + $0.dropFirst(2).map { _ in 1 } })]
    }

    package func compute<Element: RealElement>(
        _ type: Element.Type, _ inputs: Inputs, _ outputs: inout Outputs
    ) throws(ComputeError) {
        let input = try inputs.tensor(0)
        guard input.shape.rank >= 2 else { throw .shape("\(Self.schema.name) over \(input.shape)") }
        let source = try input.elements(of: Element.self)
        let plane = Shape(input.shape.dropFirst(2)).elementCount
        let shape = Shape(input.shape.prefix(2) + input.shape.dropFirst(2).map { _ in 1 })
        try outputs.write(0, of: Element.self, shape) { (target) throws(ComputeError) in
            for index in target.indices {
                let (start, overflow) = index.multipliedReportingOverflow(by: plane)
                guard !overflow, plane > 0 else { throw .shape("\(Self.schema.name) over \(input.shape)") }
                target[index] = reduce(source, start..<start + plane)
            }
        }
    }
}
