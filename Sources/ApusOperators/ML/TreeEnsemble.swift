// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// Decision trees whose nodes and leaves are separate lists that refer to each other by position.
package struct TreeEnsemble: Operator {
    package static let schema = Schema("TreeEnsemble", domain: OperatorDomain.machineLearning, since: 5, inputs: 1...1)
    package static let widensHalf = true

    private let scorer: ForestScorer

    package init(_ node: NodeReader) throws(ComputeError) {
        let aggregations: [ForestScorer.Aggregation] = [.average, .sum, .min, .max]
        let transforms: [ScoreTransform] = [.none, .softmax, .logistic, .softmaxZero, .probit]
        let aggregation = try node.integer("aggregate_function", default: 1)
        let transform = try node.integer("post_transform", default: 0)
        guard aggregations.indices.contains(aggregation), transforms.indices.contains(transform) else {
            throw .attribute("aggregate_function \(aggregation) or post_transform \(transform) is unknown")
        }
        scorer = ForestScorer(
            forest: try TreeEnsemble.forest(node), aggregation: aggregations[aggregation],
            transform: transforms[transform], bases: [])
    }

    private static func forest(_ node: NodeReader) throws(ComputeError) -> DecisionForest {
        let features = try node.integers("nodes_featureids")
        let whenTrue = try node.integers("nodes_truenodeids")
        let whenFalse = try node.integers("nodes_falsenodeids")
        let trueLeaves = try node.integers("nodes_trueleafs")
        let falseLeaves = try node.integers("nodes_falseleafs")
        let missing = try node.integers("nodes_missing_value_tracks_true")
        guard let modes = try node.optionalTensor("nodes_modes")?.integers() else {
            throw .attribute("attribute 'nodes_modes' is missing")
        }
        let splits = try reals(node, "nodes_splits")
        let count = modes.count
        guard
            [features.count, whenTrue.count, whenFalse.count, trueLeaves.count, falseLeaves.count, splits.count]
                .allSatisfy({ $0 == count }), missing.isEmpty || missing.count == count
        else { throw .attribute("the lists 'nodes_*' differ in length") }

        var sets = try reals(node, "membership_values").split(omittingEmptySubsequences: false) { $0.isNaN }[...]
        var nodes: [DecisionForest.Node] = []
        for index in 0..<count {
            guard let raw = UInt8(exactly: modes[index]), let mode = DecisionForest.Mode(rawValue: raw) else {
                throw .attribute("node \(index) has the unknown mode \(modes[index])")
            }
            var members: Set<Double> = []
            if mode == .member {
                guard let set = sets.popFirst() else { throw .attribute("node \(index) has no members") }
                members = Set(set)
            }
            nodes.append(
                DecisionForest.Node(
                    feature: features[index], mode: mode, split: splits[index], members: members,
                    missingIsTrue: missing.isEmpty ? false : missing[index] != 0,
                    whenTrue: try reference(whenTrue[index], trueLeaves[index]),
                    whenFalse: try reference(whenFalse[index], falseLeaves[index])))
        }
        let targets = try node.integers("leaf_targetids")
        let weights = try reals(node, "leaf_weights")
        guard targets.count == weights.count else { throw .attribute("the lists 'leaf_*' differ in length") }
        let leaves = zip(targets, weights).map { [DecisionForest.Weight(target: $0, value: $1)] }
        let roots = try node.integers("tree_roots")
        guard roots.allSatisfy({ $0 >= 0 }) else { throw .attribute("attribute 'tree_roots' is \(roots)") }
        return try DecisionForest(
            nodes: nodes, leaves: leaves, roots: roots, targetCount: try node.integer("n_targets", default: 1))
    }

    private static func reference(_ position: Int, _ isLeaf: Int) throws(ComputeError) -> Int {
        guard position >= 0 else { throw .attribute("a branch leads to \(position)") }
        return isLeaf != 0 ? ~position : position
    }

    private static func reals(_ node: NodeReader, _ name: String) throws(ComputeError) -> [Double] {
        guard let tensor = try node.optionalTensor(name) else { return [] }
        if tensor.elementType == .float16 {
            return try tensor.array(of: Float16.self).map { Double($0) }
        }
        return try tensor.numbers(as: Double.self)
    }

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        guard let input = inputs[0], let elementType = input.type.elementType else { return [] }
        return [.tensor(elementType, [input.sampleCount, Dimension(scorer.forest.targetCount)])]
    }

    package func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        let source = try inputs.tensor(0)
        let (scores, shape) = try scorer.scores(source)
        if source.elementType == .float64 {
            outputs.set(0, try Tensor(scores, shape: shape))
        } else {
            outputs.set(0, try Tensor(scores.map { Float($0) }, shape: shape))
        }
    }
}
