// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// Normalizes every channel with statistics it is given or, in training, measures.
package struct BatchNormalization: MixedOperator {
    package static let schema = Schema("BatchNormalization", inputs: 5...5, outputs: 1...5)

    /// What is added to the variance.
    package let epsilon: Float
    /// Whether statistics are measured over the batch.
    package let isTraining: Bool
    /// Whether statistics are shared by all places of a channel.
    package let isSpatial: Bool
    private let momentum: Float
    private let savesStatistics: Bool

    package init(_ node: NodeReader) throws(ComputeError) {
        epsilon = try node.float("epsilon", default: 1e-5)
        momentum = try node.float("momentum", default: 0.9)
        isSpatial = node.opset >= 9 ? true : try node.flag("spatial", default: true)
        savesStatistics = node.opset < 14
        isTraining =
            if node.opset >= 14 {
                try node.flag("training_mode")
            } else if node.opset < 7 {
                try !node.flag("is_test")
            } else {
                (1..<5).contains { node.hasOutput($0) }
            }
        guard isSpatial || !isTraining else { throw .unsupported("training with statistics for every place") }
    }

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        let result = InferredValue(inputs.known(0)?.type ?? .unknown)
        let mean = InferredValue(inputs.known(3)?.type ?? .unknown)
        let variance = InferredValue(inputs.known(4)?.type ?? .unknown)
        return isTraining ? [result, mean, variance, mean, variance] : [result]
    }

    package func compute<Element: RealElement>(
        _ type: Element.Type, _ inputs: Inputs, _ outputs: inout Outputs
    ) throws(ComputeError) {
        let input = try inputs.tensor(0)
        let shape = input.shape
        guard shape.rank >= 1 else { throw .shape("BatchNormalization needs a batch, the input is a scalar") }
        let channels = shape.rank > 1 ? shape[1] : 1
        let plane = Shape(shape.dropFirst(2)).elementCount
        let count = isSpatial ? channels : channels &* plane
        var parameters: [[Element]] = []
        for index in 1..<5 {
            let values = try inputs.tensor(index).reals(as: Element.self)
            guard values.count == count else {
                throw .shape("input \(index) has \(values.count) elements for \(count)")
            }
            parameters.append(values)
        }
        let wide = try input.cast(to: Element.elementType)
        let source = try wide.elements(of: Element.self)
        let given = (mean: parameters[2], variance: parameters[3])
        if isTraining {
            (parameters[2], parameters[3]) = BatchNormalization.statistics(source, shape[0], channels, plane)
        }
        let used = parameters
        try outputs.write(0, of: Element.self, shape, as: input.elementType) { (target) throws(ComputeError) in
            let size = isSpatial ? plane : 1
            guard target.count > 0 else { return }
            for row in 0..<target.count / size {
                let channel = row % count
                let factor = 1 / (used[3][channel] + Element(epsilon)).squareRoot() * used[0][channel]
                let addend = used[1][channel] - used[2][channel] * factor
                for index in row &* size..<(row &+ 1) &* size { target[index] = source[index] * factor + addend }
            }
        }
        guard isTraining else { return }
        let keep = Element(momentum)
        let mean = zip(given.mean, used[2]).map { $0 * keep + $1 * (1 - keep) }
        let variance = zip(given.variance, used[3]).map { $0 * keep + $1 * (1 - keep) }
        let types = (try inputs.tensor(3).elementType, try inputs.tensor(4).elementType)
        outputs.set(1, try Tensor(mean, shape: [count]).cast(to: types.0))
        outputs.set(2, try Tensor(variance, shape: [count]).cast(to: types.1))
        guard savesStatistics else { return }
        outputs.set(3, try Tensor(used[2], shape: [count]).cast(to: types.0))
        outputs.set(4, try Tensor(used[3], shape: [count]).cast(to: types.1))
    }

    private static func statistics<Element: RealElement>(
        _ source: Span<Element>, _ batch: Int, _ channels: Int, _ plane: Int
    ) -> ([Element], [Element]) {
        var means: [Element] = []
        var variances: [Element] = []
        for channel in 0..<channels {
            var moments = Moments()
            for item in 0..<batch {
                let start = (item &* channels &+ channel) &* plane
                moments.add(source, start..<start &+ plane)
            }
            let mean = moments.mean
            var spread = 0.0
            for item in 0..<batch {
                let start = (item &* channels &+ channel) &* plane
                spread += Moments.spread(source, start..<start &+ plane, around: mean)
            }
            means.append(Element(mean))
            variances.append(Element(spread / Double(moments.count)))
        }
        return (means, variances)
    }
}
