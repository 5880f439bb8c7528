// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// The mean of every window over quantized images.
package struct QLinearAveragePool: Operator {
    package static let schema = Schema("QLinearAveragePool", domain: OperatorDomain.microsoft, inputs: 4...5)

    private let pool: AveragePool
    private let isChannelsLast: Bool

    package init(_ node: NodeReader) throws(ComputeError) {
        pool = try AveragePool(node)
        isChannelsLast = try node.flag("channels_last")
    }

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        guard let input = inputs[0] else { return [] }
        let result = try pool.infer([isChannelsLast ? input.channelsFirst : input])
        return result.prefix(1).map { isChannelsLast ? $0.channelsLast : $0 }
    }

    package func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        let given = try inputs.tensor(0)
        let source = isChannelsLast ? try given.channelsFirst() : given
        let scale = try QuantizedScale(inputs, at: 1)
        let target = try QuantizedScale(inputs, at: 3)
        guard let range = QuantizedRange(given.elementType) else { throw .elementType("\(given) is not quantized") }
        let reals = try source.centred([scale.zeroPoint]).map { Float($0) * scale.scale }
        var pooled = try pool.result([.tensor(try Tensor(reals, shape: source.shape))], outputs.context)
        if isChannelsLast { pooled = try pooled.channelsLast() }
        let means = try pooled.elements(of: Float.self)
        try outputs.writeQuantized(0, given.elementType, pooled.shape) { index in
            range.quantize(means[index] / target.scale, zeroPoint: target.zeroPoint)
        }
    }
}
