// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
import ApusKernels

/// The engine of this package.
package struct CPUBackend: Backend {
    package let name = "cpu"

    /// Makes the backend.
    package init() {}

    /// The operators that only lowered graphs have.
    package static let operators: [any Operator.Type] = [
        ChannelsLastConv.self, ChannelsLastMaxPool.self, ChannelsLastMean.self, ImageSum.self, LoweredAttention.self,
        LoweredConv.self, LoweredGRU.self, LoweredImageBlock.self, LoweredImageConcat.self, LoweredImageConv.self,
        LoweredImagePool.self, LoweredLSTM.self, LoweredMatMul.self, LoweredMatMulInteger.self,
        LoweredMatMulNBits.self,
        LoweredQLinearConv.self, LoweredQLinearMatMul.self, QuantizedSum.self, ToChannelsFirst.self,
        ToChannelsLast.self,
    ]

    /// The passes for quantized weights that must not be made floats, before those that no kernel takes are.
    package func weightPasses(_ options: PlanOptions) -> [any Pass] {
        [
            WidenHalf(needed: "DequantizeLinear"),
            LowerDequantizedMatMul(kernels: Kernels(instructionSet: options.instructionSet, pool: options.workers)),
        ]
    }

    /// The passes that choose forms for this machine, in order: they pack weights and fuse epilogues.
    package func loweringPasses(_ options: PlanOptions) -> [any Pass] {
        let kernels = Kernels(instructionSet: options.instructionSet, pool: options.workers)
        let rounding = kernels.multiplying(options.precision)
        return [
            WidenHalf(), LowerImages(kernels: rounding, isExact: options.isExact, tuner: options.tuner),
            LowerConv(kernels: kernels), LowerMatMul(kernels: rounding), LowerMatMulNBits(kernels: kernels),
            LowerQuantizedImages(kernels: kernels), FuseQuantizedSum(), LowerQLinearConv(kernels: kernels),
            LowerQLinearMatMul(kernels: kernels), LowerMatMulInteger(kernels: kernels),
            LowerRecurrent(kernels: rounding), LowerAttention(kernels: rounding), FuseDequantization(),
            FuseDequantization(), FuseBias(), FuseResidual(), FuseActivation(), MergeProjections(kernels: kernels),
            FuseImageBlocks(kernels: kernels), FuseFactors(), FuseImageConcat(),
            RoundValues(kernels: rounding),
        ]
    }

    package func prepare(_ graph: Graph, options: PlanOptions) throws(PlanError) -> any Plan {
        try CPUPlan(graph, options: options)
    }
}
