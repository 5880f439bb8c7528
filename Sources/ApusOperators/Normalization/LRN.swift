// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// Divides every element by a power of the squares of its neighbours in channel direction.
package struct LRN: RealOperator {
    package static let schema = Schema("LRN", inputs: 1...1)

    private let size: Int
    private let alpha: Float
    private let beta: Float
    private let bias: Float

    package init(_ node: NodeReader) throws(ComputeError) {
        size = try node.integer("size")
        alpha = try node.float("alpha", default: 1e-4)
        beta = try node.float("beta", default: 0.75)
        bias = try node.float("bias", default: 1)
        guard size > 0, size <= ConvolutionGeometry.largestSize else { throw .attribute("attribute 'size' is \(size)") }
    }

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        if let dimensions = inputs.dimensions(0), dimensions.count < 2 { throw .shape("LRN over \(dimensions)") }
        return [InferredValue(inputs.known(0)?.type ?? .unknown)]
    }

    package func compute<Element: RealElement>(
        _ type: Element.Type, _ inputs: Inputs, _ outputs: inout Outputs
    ) throws(ComputeError) {
        let input = try inputs.tensor(0)
        guard input.shape.rank >= 2 else { throw .shape("LRN over \(input.shape)") }
        let channels = input.shape[1]
        let source = try input.elements(of: Element.self)
        try outputs.write(0, of: Element.self, input.shape) { (target) throws(ComputeError) in
            guard target.count > 0 else { return }
            let plane = target.count / (input.shape[0] * channels)
            let before = (size - 1) / 2
            let after = size - 1 - before
            let factor = Element(alpha) / Element(size)
            let power = -Element(beta)
            var sums = [Element](repeating: 0, count: plane)
            for row in 0..<input.shape[0] * channels {
                let channel = row % channels
                for place in 0..<plane { sums[place] = 0 }
                for other in max(0, channel - before)...min(channels - 1, channel + after) {
                    let start = (row - channel + other) &* plane
                    for place in 0..<plane { sums[place] += source[start &+ place] * source[start &+ place] }
                }
                for place in 0..<plane {
                    let index = row &* plane &+ place
                    target[index] = source[index] * Element.pow(Element(bias) + factor * sums[place], power)
                }
            }
        }
    }
}
