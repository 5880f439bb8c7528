// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusGraphs
import ApusKernels
import ApusTensors

/// Takes the channels of `N H W C` images of `u8` apart; the output is `u8`, or `i8` 128 lower.
struct ToChannelsFirst: Operator {
    static let schema = Schema("ToChannelsFirst", domain: PackedWeights.domain, inputs: 1...1)

    private let elementType: ElementType

    init(_ node: NodeReader) throws(ComputeError) {
        elementType = try node.elementType("output_type", default: .uint8)
        guard elementType == .uint8 || elementType == .int8 else {
            throw .attribute("attribute 'output_type' is \(elementType.name), expected u8 or i8")
        }
    }

    func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        guard let dimensions = inputs[0]?.type.dimensions, dimensions.count == 4 else { return [] }
        return [.tensor(elementType, [dimensions[0], dimensions[3], dimensions[1], dimensions[2]])]
    }

    func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        let x = try inputs.tensor(0)
        guard x.elementType == .uint8, x.shape.rank == 4 else {
            throw .shape("input 0 is \(x), expected u8 images")
        }
        let result = try outputs.makeTensor(0, elementType, Shape(x.shape[0], x.shape[3], x.shape[1], x.shape[2]))
        // SAFETY: both tensors have the sizes given and outlive the call.
        unsafe outputs.context.kernels.scatterChannels(
            images: x.shape[0], channels: x.shape[3], places: x.shape[1] * x.shape[2],
            flip: elementType == .int8 ? 0x80 : 0, x.bytes, into: result.bytes)
        withExtendedLifetime(x) {}
        outputs.set(0, result.finish())
    }
}
