// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// What a loss over classes makes of the losses of single places.
package struct ClassLoss: Sendable {
    private enum Reduction: String, CaseIterable {
        case none
        case sum
        case mean
    }

    private let reduction: Reduction
    private let ignored: Int?

    /// Reads `reduction` and `ignore_index`.
    package init(_ node: NodeReader) throws(ComputeError) {
        reduction = try node.choice("reduction", default: .mean)
        ignored = try node.optionalInteger("ignore_index")
    }

    /// The sizes of the loss.
    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [Dimension]? {
        if let scores = inputs.dimensions(0), scores.count < 2 { throw .shape("classes are missing from \(scores)") }
        return reduction == .none ? inputs.dimensions(1) : []
    }

    /// Computes the loss of the logarithms of probabilities.
    package func compute<Element: RealElement>(
        _ logarithms: Span<Element>, _ shape: Shape, _ inputs: Inputs, _ outputs: inout Outputs
    ) throws(ComputeError) {
        guard shape.rank >= 2 else { throw .shape("classes are missing from \(shape)") }
        let target = try inputs.tensor(1)
        guard target.shape.dimensions == [shape[0]] + shape.dropFirst(2) else {
            throw .shape("targets \(target.shape) for scores \(shape)")
        }
        let classes = shape[1]
        let labels = try target.integers()
        let weights = try inputs.optionalTensor(2)?.reals(as: Element.self)
        if let weights, weights.count != classes { throw .shape("\(weights.count) weights for \(classes) classes") }
        let plane = Shape(shape.dropFirst(2)).elementCount
        var losses = [Element](repeating: 0, count: labels.count)
        var sum = 0.0
        var total = 0.0
        for (index, label) in labels.enumerated() where label != ignored {
            guard label >= 0, label < classes else { throw .value("label \(label) is none of \(classes) classes") }
            let weight = weights?[label] ?? 1
            let loss = -logarithms[(index / plane * classes + label) * plane + index % plane] * weight
            losses[index] = loss
            sum += Double(loss)
            total += Double(weight)
        }
        switch reduction {
        case .none: outputs.set(0, try Tensor(losses, shape: target.shape))
        case .sum: outputs.set(0, try Tensor(scalar: Element(sum)))
        case .mean: outputs.set(0, try Tensor(scalar: Element(sum / total)))
        }
    }
}
