// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// Adds up, averages or picks among what the leaves of decision trees say of each sample.
package struct TreeEnsembleRegressor: Operator {
    package static let schema = Schema(
        "TreeEnsembleRegressor", domain: OperatorDomain.machineLearning, inputs: 1...1)

    private let scorer: ForestScorer

    package init(_ node: NodeReader) throws(ComputeError) {
        let targets = try node.integer("n_targets", default: 1)
        scorer = ForestScorer(
            forest: try DecisionForest(node, leafPrefix: "target", targetCount: targets),
            aggregation: try node.choice("aggregate_function", default: .sum),
            transform: try node.choice("post_transform", default: .none), bases: try node.reals("base_values"))
    }

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        [.tensor(.float32, [inputs[0]?.sampleCount ?? .unknown, Dimension(scorer.forest.targetCount)])]
    }

    package func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        let (scores, shape) = try scorer.scores(try inputs.tensor(0))
        outputs.set(0, try Tensor(scores.map { Float($0) }, shape: shape))
    }
}
