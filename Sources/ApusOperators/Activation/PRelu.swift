// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// Every element, scaled by a slope of its own where it is negative.
package struct PRelu: Operator {
    package static let schema = Schema("PRelu", since: 1, inputs: 2...2)
    package static let widensHalf = true

    private let slopesChannels: Bool

    package init(_ node: NodeReader) { slopesChannels = node.opset < 7 }

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        [InferredValue(inputs.first.flatMap { $0?.type } ?? .unknown)]
    }

    package func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        let source = try inputs.tensor(0)
        let slope = try aligned(inputs.tensor(1), to: source.shape)
        guard try source.shape.broadcast(with: slope.shape) == source.shape else {
            throw .shape("the slope \(slope) does not broadcast to \(source)")
        }
        switch source.elementType {
        case .float32: try apply(Float.self, source, slope, into: &outputs)
        case .float64: try apply(Double.self, source, slope, into: &outputs)
        case .int32: try apply(Int32.self, source, slope, into: &outputs)
        case .int64: try apply(Int64.self, source, slope, into: &outputs)
        case .uint32: try apply(UInt32.self, source, slope, into: &outputs)
        case .uint64: try apply(UInt64.self, source, slope, into: &outputs)
        default: throw .elementType("PRelu takes numbers, the input is \(source)")
        }
    }

    /// Before operator set 7 one slope a channel lined up with the second dimension.
    private func aligned(_ slope: Tensor, to shape: Shape) throws(ComputeError) -> Tensor {
        guard slopesChannels, slope.shape.rank == 1, shape.rank > 2, slope.elementCount == shape[1] else {
            return slope
        }
        return try slope.reshaped(to: Shape([slope.elementCount] + [Int](repeating: 1, count: shape.rank - 2)))
    }

    private func apply<Element: Number>(
        _ type: Element.Type, _ source: Tensor, _ slope: Tensor, into outputs: inout Outputs
    ) throws(ComputeError) {
        try outputs.combine(0, source, slope, Sloped<Element>())
    }
}

private struct Sloped<Element: Number>: PairFunction {
    @inline(__always)
    func callAsFunction(_ x: Element, _ slope: Element) -> Element { x < 0 ? x.times(slope) : x }
}
