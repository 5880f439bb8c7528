// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs

/// The ordered list of what is done to a graph.
package struct Pipeline: Sendable {
    /// The name in messages.
    package var name: String
    /// Steps repeated until none of them changes anything.
    package var steps: [any WholeGraphPass]
    /// The most rounds.
    package var roundLimit: Int

    /// Makes a pipeline.
    package init(name: String, steps: [any WholeGraphPass], roundLimit: Int = 12) {
        self.name = name
        self.steps = steps
        self.roundLimit = roundLimit
    }

    /// What stays a model any engine of the same operator set can run.
    package static let portable = Pipeline(
        name: "portable",
        steps: [
            PassRunner(RuleSweep("Quantized weights", [WeightOnlyDequantization()])),
            ConstantFolding(keeping: ["DequantizeLinear"]),
            PassRunner(RuleSweep("Simplification", simplifications)),
            PassRunner(RuleSweep("Weights", weightRules)),
            PassRunner(RuleSweep("Movement", movementRules)),
            PassRunner(RuleSweep("Fusion", fusionRules)),
            PassRunner(CommonSubexpressions()),
            PassRunner(DeadCode()),
        ])

    /// What the lowering starts from: portable, then whole computations as one node of the newest operator set.
    ///
    /// Run it with a context that allows the newest operator set.
    package static let fusing = Pipeline(
        name: "fusing",
        steps: portable.steps + [
            PassRunner(RuleSweep("Quantization", quantizationRules)),
            PassRunner(DeadCode()),
        ])

    /// ``fusing``, with attention as one node.
    package static let fusingAttention = Pipeline(
        name: "fusing attention",
        steps: fusing.steps + [PassRunner(RuleSweep("Attention", attentionRules)), PassRunner(DeadCode())])

    /// Makes plain weights of quantized ones that no integer operator took: the last step before lowering.
    package static let weightExpansion = Pipeline(
        name: "weight expansion",
        steps: [ConstantFolding(byteLimit: 1 << 30), PassRunner(DeadCode())])

    /// Nodes that do nothing.
    package static let simplifications: [any Rule] = [
        IdentityRemoval(), DropoutRemoval(), CastRemoval(), SameShapeRemoval(), SingleInputRemoval(), SplitRemoval(),
        PadRemoval(), SliceRemoval(), NeutralArithmetic(), ClipRemoval(), RepeatedRemoval(), ConstantIf(),
        SquareAsProduct(),
    ]

    /// Arithmetic that constant weights can take over.
    package static let weightRules: [any Rule] = [
        BatchNormalizationIntoConv(), BatchNormalizationIntoGemm(), AffineIntoConv(), MatMulAddToGemm(), GemmAdd(),
        ScaleIntoMatMul(),
    ]

    /// Transposes and reshapes that meet, cancel or disappear into their neighbours.
    package static let movementRules: [any Rule] = [
        TransposeRemoval(), TransposeMerging(), TransposeThroughUnary(), TransposeThroughBinary(), TransposeIntoGemm(),
        ConstantReshape(),
        ReshapeMerging(),
    ]

    /// Integer arithmetic in place of dequantized arithmetic.
    package static let quantizationRules: [any Rule] = [
        RequantizationRemoval(), QuantizedMovement(), ClampIntoQuantization(), QuantizedConv(), QuantizedMatMul(),
        QuantizedGemm(), QuantizedBinary(), QuantizedUnary(), QuantizedConcat(),
    ]

    /// Computations spelled out in elementary operators.
    package static let fusionRules: [any Rule] = [
        LayerNormalizationFusion(), GeluFusion(), TanhGeluFusion(), HardSwishFusion(), HardSigmoidFusion(),
        SwishFusion(), MishFusion(),
    ]

    /// Attention spelled out in products and a softmax.
    package static let attentionRules: [any Rule] = [AttentionFusion()]

    /// Runs the steps until the graph stays as it is.
    ///
    /// - Throws: ``PassError`` for a fault in a pass, leaving the graph as it was.
    package func run(on graph: inout Graph, _ context: PassContext) throws(PassError) {
        let names = NameSource(avoiding: graph.allNames)
        for _ in 0..<roundLimit {
            var isChanged = false
            for step in steps where try step.transform(&graph, names: names, context) { isChanged = true }
            if !isChanged { return }
        }
    }
}
