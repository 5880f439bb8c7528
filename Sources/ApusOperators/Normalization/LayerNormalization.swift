// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
import ApusKernels
package import ApusTensors

/// Normalizes every item over its last dimensions.
package struct LayerNormalization: MixedOperator {
    package static let schema = Schema("LayerNormalization", since: 17, inputs: 2...3, outputs: 1...3)

    /// The first dimension normalized over.
    package let axis: Int
    /// What is added to the variance.
    package let epsilon: Float
    private let stash: ElementType

    package init(_ node: NodeReader) throws(ComputeError) {
        axis = try node.integer("axis", default: -1)
        epsilon = try node.float("epsilon", default: 1e-5)
        stash = try node.elementType("stash_type", default: .float32)
        guard stash.isFloat else { throw .attribute("attribute 'stash_type' is \(stash.name)") }
    }

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        let result = InferredValue(inputs.known(0)?.type ?? .unknown)
        guard let dimensions = inputs.dimensions(0) else { return [result, .tensor(stash, nil), .tensor(stash, nil)] }
        let first = try Shape(dimensions.map { _ in 1 }).axis(axis)
        let reduced = dimensions.prefix(first) + dimensions.dropFirst(first).map { _ in 1 }
        return [result, .tensor(stash, Array(reduced)), .tensor(stash, Array(reduced))]
    }

    package func compute<Element: RealElement>(
        _ type: Element.Type, _ inputs: Inputs, _ outputs: inout Outputs
    ) throws(ComputeError) {
        let input = try inputs.tensor(0)
        let shape = input.shape
        let first = try shape.axis(axis)
        let size = Shape(shape.dropFirst(first)).elementCount
        let rows = Shape(shape.prefix(first)).elementCount
        if Element.self == Float.self, try computeRows(rows, size, first, inputs, &outputs) { return }
        let scale = try LayerNormalization.parameter(inputs.tensor(1), shape, first, of: Element.self)
        let bias = try inputs.optionalTensor(2).map { (tensor) throws(ComputeError) in
            try LayerNormalization.parameter(tensor, shape, first, of: Element.self)
        }
        let wide = try input.cast(to: Element.elementType)
        let source = try wide.elements(of: Element.self)
        var means = [Double](repeating: 0, count: rows)
        var inverses = means
        try outputs.write(0, of: Element.self, shape, as: input.elementType) { (target) throws(ComputeError) in
            for row in 0..<rows where size > 0 {
                let start = row &* size
                let (mean, variance) = Moments.of(source, start..<start &+ size)
                let inverse = 1 / (variance + Double(epsilon)).squareRoot()
                means[row] = mean
                inverses[row] = inverse
                let scaleStart = scale.count == size ? 0 : start
                let biasStart = bias?.count == size ? 0 : start
                let (factor, addend) = (Element(inverse), Element(-mean * inverse))
                for index in 0..<size {
                    let normal = source[start &+ index] * factor + addend
                    target[start &+ index] = normal * scale[scaleStart &+ index] + (bias?[biasStart &+ index] ?? 0)
                }
            }
        }
        let reduced = Shape(shape.prefix(first) + shape.dropFirst(first).map { _ in 1 })
        if outputs.isWanted(1) { outputs.set(1, try Tensor(means, shape: reduced).cast(to: stash)) }
        if outputs.isWanted(2) { outputs.set(2, try Tensor(inverses, shape: reduced).cast(to: stash)) }
    }

    /// Normalizes `f32` rows whose scale and bias are the same for all by a kernel.
    private func computeRows(
        _ rows: Int, _ size: Int, _ first: Int, _ inputs: Inputs, _ outputs: inout Outputs
    ) throws(ComputeError) -> Bool {
        let input = try inputs.tensor(0)
        let scale = try inputs.tensor(1)
        let bias = try inputs.optionalTensor(2)
        guard rows > 0, size > 0, input.elementType == .float32, scale.elementType == .float32,
            scale.elementCount == size, bias.map({ $0.elementType == .float32 && $0.elementCount == size }) ?? true
        else { return false }
        var reduced = input.shape
        for axis in first..<reduced.rank { reduced[axis] = 1 }
        let result = try outputs.makeTensor(0, .float32, input.shape)
        let means = try outputs.makeTensor(1, .float32, outputs.isWanted(1) ? reduced : [0])
        let inverses = try outputs.makeTensor(2, .float32, outputs.isWanted(2) ? reduced : [0])
        // SAFETY: input and result hold rows of the size, scale and bias one, the moments one number for each row.
        unsafe outputs.context.vectorKernels.layerNormalization(
            rows: rows, columns: size, epsilon: epsilon,
            UnsafePointer(input.baseAddress.assumingMemoryBound(to: Float.self)),
            scale: UnsafePointer(scale.baseAddress.assumingMemoryBound(to: Float.self)),
            bias: bias.map { unsafe UnsafePointer($0.baseAddress.assumingMemoryBound(to: Float.self)) },
            into: result.baseAddress.assumingMemoryBound(to: Float.self),
            means: outputs.isWanted(1) ? means.baseAddress.assumingMemoryBound(to: Float.self) : nil,
            inverseDeviations: outputs.isWanted(2) ? inverses.baseAddress.assumingMemoryBound(to: Float.self) : nil)
        withExtendedLifetime((input, scale, bias)) {}
        outputs.set(0, result.finish())
        let (mean, inverse) = (means.finish(), inverses.finish())
        if outputs.isWanted(1) { outputs.set(1, try mean.cast(to: stash)) }
        if outputs.isWanted(2) { outputs.set(2, try inverse.cast(to: stash)) }
        return true
    }

    /// A scale or bias for one item or, where it differs between items, for all of them.
    package static func parameter<Element: RealElement>(
        _ tensor: Tensor, _ shape: Shape, _ first: Int, of type: Element.Type
    ) throws(ComputeError) -> [Element] {
        let inner = Shape(shape.dropFirst(first))
        if tensor.elementCount == inner.elementCount { return try tensor.reals(as: Element.self) }
        if tensor.shape.rank <= inner.rank { return try tensor.reals(as: Element.self, broadcastTo: inner) }
        return try tensor.reals(as: Element.self, broadcastTo: shape)
    }
}
