// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// Convolves every channel along time with what came before, and keeps the last elements for the next call.
package struct CausalConvWithState: RealOperator {
    package static let schema = Schema("CausalConvWithState", since: 27, inputs: 2...4, outputs: 2...2)

    private enum Activation: String, CaseIterable {
        case none
        case silu
        case swish
    }

    private let isGated: Bool

    package init(_ node: NodeReader) throws(ComputeError) {
        isGated = try node.choice("activation", default: Activation.none) != .none
    }

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        let type = inputs.elementType(0)
        guard let image = inputs.dimensions(0) else { return [.tensor(maybe: type, nil), .tensor(maybe: type, nil)] }
        guard image.count == 3 else { throw .shape("CausalConvWithState over \(image)") }
        let taps = inputs.dimensions(1).flatMap { $0.count == 3 ? $0[2] : nil } ?? .unknown
        return [.tensor(maybe: type, image), .tensor(maybe: type, [image[0], image[1], taps - 1])]
    }

    package func compute<Element: RealElement>(
        _ type: Element.Type, _ inputs: Inputs, _ outputs: inout Outputs
    ) throws(ComputeError) {
        let input = try inputs.tensor(0)
        let filters = try inputs.tensor(1)
        let bias = try inputs.optionalTensor(2)
        let past = try inputs.optionalTensor(3)
        let shape = input.shape
        guard shape.rank == 3, filters.shape.rank == 3, filters.shape[0] == shape[1], filters.shape[1] == 1,
            filters.shape[2] >= 1
        else { throw .shape("filters \(filters.shape) for an input \(shape)") }
        let (channels, length, taps) = (shape[1], shape[2], filters.shape[2])
        let stateShape = Shape([shape[0], channels, taps - 1])
        if let past, past.shape != stateShape { throw .shape("a state \(past.shape), expected \(stateShape)") }
        if let bias, bias.shape.dimensions != [channels] {
            throw .shape("a bias \(bias.shape) for \(channels) channels")
        }
        let source = try input.elements(of: Element.self)
        let weights = try filters.elements(of: Element.self)
        let addends = try bias?.array(of: Element.self)
        let before = try past?.array(of: Element.self)
        var kept = try outputs.makeTensor(1, Element.elementType, stateShape)
        var state = try kept.elements(of: Element.self)
        try outputs.write(0, of: Element.self, shape) { (target) throws(ComputeError) in
            var line = [Element](repeating: 0, count: taps - 1 + length)
            for row in 0..<shape[0] * channels where target.count > 0 || state.count > 0 {
                for index in 0..<taps - 1 { line[index] = before?[row &* (taps - 1) &+ index] ?? 0 }
                for index in 0..<length { line[taps - 1 + index] = source[row &* length &+ index] }
                for index in 0..<length {
                    var sum = addends?[row % channels] ?? 0
                    for tap in 0..<taps { sum += weights[row % channels &* taps &+ tap] * line[index &+ tap] }
                    target[row &* length &+ index] = isGated ? sum / (1 + Element.exp(-sum)) : sum
                }
                for index in 0..<taps - 1 { state[row &* (taps - 1) &+ index] = line[length + index] }
            }
        }
        outputs.set(1, kept.finish())
    }
}
