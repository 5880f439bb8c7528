// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// Subtracts the mean over some dimensions and divides by the standard deviation.
package struct MeanVarianceNormalization: RealOperator {
    package static let schema = Schema("MeanVarianceNormalization", since: 9, inputs: 1...1)

    private let axes: [Int]

    package init(_ node: NodeReader) throws(ComputeError) { axes = try node.integers("axes", default: [0, 2, 3]) }

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        if let dimensions = inputs.dimensions(0) {
            for axis in axes { _ = try Shape(dimensions.map { _ in 1 }).axis(axis) }
        }
        return [InferredValue(inputs.known(0)?.type ?? .unknown)]
    }

    package func compute<Element: RealElement>(
        _ type: Element.Type, _ inputs: Inputs, _ outputs: inout Outputs
    ) throws(ComputeError) {
        let input = try inputs.tensor(0)
        let shape = input.shape
        var kept = shape
        for axis in axes { kept[try shape.axis(axis)] = 1 }
        let source = try input.elements(of: Element.self)
        let own = shape.strides
        let groupStrides = kept.strides(broadcastTo: shape)
        let groups = kept.elementCount
        let group = { (index: Int) -> Int in
            var result = 0
            for axis in shape.indices { result &+= index / own[axis] % shape[axis] &* groupStrides[axis] }
            return result
        }
        try outputs.write(0, of: Element.self, shape) { (target) throws(ComputeError) in
            guard target.count > 0 else { return }
            let size = Double(target.count / groups)
            var means = [Double](repeating: 0, count: groups)
            var spreads = means
            for index in source.indices { means[group(index)] += Double(source[index]) / size }
            for index in source.indices {
                let distance = Double(source[index]) - means[group(index)]
                spreads[group(index)] += distance * distance / size
            }
            for index in source.indices {
                let place = group(index)
                target[index] = Element((Double(source[index]) - means[place]) / (spreads[place].squareRoot() + 1e-9))
            }
        }
    }
}
