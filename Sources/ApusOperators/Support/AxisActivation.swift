// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
import ApusKernels
package import ApusTensors

/// The axis an activation normalises along; before operator set 13 all axes from there on, as one.
package struct ActivationAxis: Sendable {
    private let axis: Int
    private let takesRest: Bool

    /// Reads `axis`.
    ///
    /// - Throws: ``ComputeError`` with code `attribute`.
    package init(_ node: NodeReader) throws(ComputeError) {
        takesRest = node.opset < 13
        axis = try node.integer("axis", default: takesRest ? 1 : -1)
    }

    /// The number of elements of a line and the distance between neighbours in it.
    ///
    /// - Throws: ``ComputeError`` with code `shape` when the axis is outside the rank.
    package func line(in shape: Shape) throws(ComputeError) -> (length: Int, step: Int) {
        if takesRest {
            guard axis >= -shape.rank, axis <= shape.rank else { throw .shape("axis \(axis) is outside \(shape)") }
            let start = axis < 0 ? axis + shape.rank : axis
            return (shape[start...].reduce(1, *), 1)
        }
        if shape.rank == 0, axis == 0 || axis == -1 { return (1, 1) }
        let axis = try shape.axis(axis)
        return (shape[axis], shape[(axis + 1)...].reduce(1, &*))
    }
}

/// An activation of every line of elements along an axis.
package protocol AxisActivation: Operator {
    /// The axis.
    var axis: ActivationAxis { get }
    /// Replaces the elements of one line.
    func apply<Real: RealNumber>(_ line: inout [Real])
}

extension AxisActivation {
    package static var widensHalf: Bool { true }

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        [InferredValue(inputs.known(0)?.type ?? .unknown)]
    }

    func evaluateLines(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        let source = try inputs.tensor(0)
        switch source.elementType {
        case .float32: try run(Float.self, source, into: &outputs)
        case .float64: try run(Double.self, source, into: &outputs)
        default: throw .elementType("\(Self.schema.name) takes floats, the input is \(source)")
        }
    }

    private func run<Real: RealNumber>(
        _ type: Real.Type, _ source: Tensor, into outputs: inout Outputs
    ) throws(ComputeError) {
        let (length, step) = try axis.line(in: source.shape)
        let elements = try source.elements(of: Real.self)
        try outputs.write(0, of: Real.self, source.shape) { (target) throws(ComputeError) in
            guard target.count > 0 else { return }
            var line = [Real](repeating: 0, count: length)
            for block in stride(from: 0, to: target.count, by: length * step) {
                for start in block..<(block + step) {
                    for index in 0..<length { line[index] = elements[start + index * step] }
                    apply(&line)
                    for index in 0..<length { target[start + index * step] = line[index] }
                }
            }
        }
    }

    /// Runs the kernels for lines of `f32`; false for other types.
    func evaluateRows(
        logarithm: Bool, _ inputs: Inputs, into outputs: inout Outputs
    ) throws(ComputeError) -> Bool {
        let source = try inputs.tensor(0)
        let (length, step) = try axis.line(in: source.shape)
        guard source.elementType == .float32, length > 0, source.elementCount > 0 else { return false }
        let kernels = outputs.context.vectorKernels
        let rows = source.elementCount / length
        let result = try Canvas(.float32, source.shape, in: outputs.context)
        if step == 1 {
            // SAFETY: both tensors have rows times length floats.
            unsafe kernels.softmax(
                rows: rows, columns: length, logarithm: logarithm,
                UnsafePointer(source.baseAddress.assumingMemoryBound(to: Float.self)),
                into: result.memory.baseAddress.assumingMemoryBound(to: Float.self))
            withExtendedLifetime(source) {}
        } else {
            // SAFETY: both tensors have rows times length floats.
            unsafe kernels.softmaxColumns(
                blocks: rows / step, length: length, step: step, logarithm: logarithm,
                UnsafePointer(source.baseAddress.assumingMemoryBound(to: Float.self)),
                into: result.memory.baseAddress.assumingMemoryBound(to: Float.self))
            withExtendedLifetime(source) {}
        }
        outputs.set(0, try result.finish())
        return true
    }
}
