// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// Normalizes groups of channels of every item of a batch.
package protocol ChannelNormOperator: RealOperator {
    /// What is added to the variance.
    var epsilon: Float { get }
    /// The number of groups the channels are split into.
    func groupCount(channels: Int) -> Int
}

extension ChannelNormOperator {
    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        if let dimensions = inputs.dimensions(0), dimensions.count < 2 {
            throw .shape("\(Self.schema.name) needs batch and channels, the input has \(dimensions)")
        }
        return [InferredValue(inputs.known(0)?.type ?? .unknown)]
    }

    package func compute<Element: RealElement>(
        _ type: Element.Type, _ inputs: Inputs, _ outputs: inout Outputs
    ) throws(ComputeError) {
        let input = try inputs.tensor(0)
        let shape = input.shape
        guard shape.rank >= 2 else { throw .shape("\(Self.schema.name) over \(shape)") }
        let channels = shape[1]
        let groups = groupCount(channels: channels)
        guard groups > 0 || channels == 0, channels == 0 || channels % groups == 0 else {
            throw .shape("\(channels) channels do not split into \(groups) groups")
        }
        let scale = try inputs.tensor(1).reals(as: Element.self)
        let bias = try inputs.tensor(2).reals(as: Element.self)
        guard scale.count == bias.count, scale.count == channels || scale.count == groups else {
            throw .shape("\(scale.count) scales and \(bias.count) biases for \(channels) channels in \(groups) groups")
        }
        let source = try input.elements(of: Element.self)
        try outputs.write(0, of: Element.self, shape) { (target) throws(ComputeError) in
            guard target.count > 0 else { return }
            let plane = target.count / (shape[0] * channels)
            let each = channels / groups
            for part in 0..<shape[0] * groups {
                let start = part &* each &* plane
                let (mean, variance) = Moments.of(source, start..<start &+ each &* plane)
                let inverse = 1 / (variance + Double(epsilon)).squareRoot()
                for member in 0..<each {
                    let index = scale.count == channels ? part % groups &* each &+ member : part % groups
                    let factor = Element(Double(scale[index]) * inverse)
                    let addend = Element(Double(bias[index]) - mean * Double(scale[index]) * inverse)
                    let first = start &+ member &* plane
                    for place in first..<first &+ plane { target[place] = source[place] * factor + addend }
                }
            }
        }
    }
}
