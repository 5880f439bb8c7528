// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
import ApusKernels
package import ApusTensors

/// Adds a skip connection and a bias, then normalises rows: what two operators have in common.
package struct SkipNormalization: Sendable {
    package let epsilon: Float
    package let subtractsMean: Bool

    package init(_ node: NodeReader, subtractsMean: Bool) throws(ComputeError) {
        epsilon = try node.float("epsilon", default: 1e-12)
        self.subtractsMean = subtractsMean
    }

    package func infer(_ inputs: [InferredValue?]) -> [InferredValue] {
        guard case .tensor(let elementType, let dimensions) = inputs[0]?.type else { return [] }
        let rows = dimensions.map { Array($0.dropLast()) + [1] }
        return [
            .tensor(elementType, dimensions), .tensor(.float32, rows), .tensor(.float32, rows),
            .tensor(elementType, dimensions),
        ]
    }

    package func evaluate(
        _ inputs: Inputs, beta: Tensor?, bias: Tensor?, into outputs: inout Outputs
    ) throws(ComputeError) {
        let source = try inputs.tensor(0)
        let skip = try inputs.tensor(1)
        let shape = source.shape
        let repeated = skip.shape.dimensions.drop { $0 == 1 }
        guard shape.rank >= 1, skip.shape.rank <= shape.rank, skip.shape.dimensions.last == shape.dimensions.last,
            Array(repeated) == Array(shape.dimensions.suffix(repeated.count))
        else { throw .shape("the skip \(skip) does not fit the input \(source)") }
        let width = shape[shape.rank - 1]
        if bias == nil, skip.shape == shape, try evaluateRows(source, skip, try inputs.tensor(2), beta, &outputs) {
            return
        }
        let normalization = try RowNormalization(
            width: width, epsilon: epsilon, subtractsMean: subtractsMean, gamma: try inputs.tensor(2), beta: beta)
        let offset = try bias?.array(of: Float.self) ?? []
        guard offset.isEmpty || offset.count == width else { throw .shape("a bias of \(offset.count) for \(shape)") }
        var values = try source.array(of: Float.self)
        let added = try skip.elements(of: Float.self)
        for index in values.indices {
            values[index] += added[index % added.count]
            if !offset.isEmpty { values[index] += offset[index % width] }
        }
        if outputs.isWanted(3) { outputs.set(3, try Tensor(values, shape: shape)) }
        let (means, inverses) = normalization.apply(&values)
        outputs.set(0, try Tensor(values, shape: shape))
        let rows = Shape(shape.dimensions.dropLast() + [1])
        if outputs.isWanted(1), means.count == rows.elementCount { outputs.set(1, try Tensor(means, shape: rows)) }
        if outputs.isWanted(2), means.count == rows.elementCount { outputs.set(2, try Tensor(inverses, shape: rows)) }
    }

    /// Adds and normalises in one pass of a kernel.
    private func evaluateRows(
        _ source: Tensor, _ skip: Tensor, _ gamma: Tensor, _ beta: Tensor?, _ outputs: inout Outputs
    ) throws(ComputeError) -> Bool {
        let shape = source.shape
        let width = shape[shape.rank - 1]
        guard shape.elementCount > 0, source.elementType == .float32, skip.elementType == .float32,
            gamma.elementType == .float32, gamma.elementCount == width,
            beta.map({ $0.elementType == .float32 && $0.elementCount == width }) ?? true, !outputs.isWanted(1)
        else { return false }
        let rows = shape.elementCount / width
        let result = try outputs.makeTensor(0, .float32, shape)
        let inverses = try outputs.makeTensor(2, .float32, Shape(shape.dimensions.dropLast() + [1]))
        let sum = try outputs.makeTensor(3, .float32, outputs.isWanted(3) ? shape : [0])
        // SAFETY: the tensors hold rows of the width, gamma and beta one, inverses one number for each row.
        let (x, residual, scale, shift, target) = unsafe (
            UnsafePointer(source.baseAddress.assumingMemoryBound(to: Float.self)),
            UnsafePointer(skip.baseAddress.assumingMemoryBound(to: Float.self)),
            UnsafePointer(gamma.baseAddress.assumingMemoryBound(to: Float.self)),
            beta.map { unsafe UnsafePointer($0.baseAddress.assumingMemoryBound(to: Float.self)) },
            result.baseAddress.assumingMemoryBound(to: Float.self)
        )
        let kept = unsafe outputs.isWanted(3) ? sum.baseAddress.assumingMemoryBound(to: Float.self) : nil
        let inverse = unsafe inverses.baseAddress.assumingMemoryBound(to: Float.self)
        let kernels = outputs.context.vectorKernels
        if subtractsMean {
            unsafe kernels.layerNormalization(
                rows: rows, columns: width, epsilon: epsilon, x, residual: residual, scale: scale, bias: shift,
                into: target, sum: kept, inverseDeviations: inverse)
        } else {
            unsafe kernels.rmsNormalization(
                rows: rows, columns: width, epsilon: epsilon, x, residual: residual, scale: scale, bias: shift,
                into: target, sum: kept, inverseDeviations: inverse)
        }
        withExtendedLifetime((source, skip, gamma, beta)) {}
        outputs.set(0, result.finish())
        outputs.set(2, inverses.finish())
        outputs.set(3, sum.finish())
        return true
    }
}
