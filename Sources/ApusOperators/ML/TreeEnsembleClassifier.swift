// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// Adds up the votes of decision trees for each class and chooses the class with most.
package struct TreeEnsembleClassifier: Operator {
    package static let schema = Schema(
        "TreeEnsembleClassifier", domain: OperatorDomain.machineLearning, inputs: 1...1, outputs: 1...2)

    private let forest: DecisionForest
    private let labels: ClassLabels
    private let transform: ScoreTransform
    private let bases: [Double]
    private let hasOneWeightedClass: Bool
    private let allPositive: Bool

    package init(_ node: NodeReader) throws(ComputeError) {
        labels = try ClassLabels(node, strings: "classlabels_strings", integers: "classlabels_int64s")
        transform = try node.choice("post_transform", default: .none)
        bases = try node.reals("base_values")
        forest = try DecisionForest(node, leafPrefix: "class", targetCount: labels.count)
        guard bases.count <= labels.count || bases.isEmpty else {
            throw .attribute("\(bases.count) base values for \(labels.count) classes")
        }
        hasOneWeightedClass = Set(try node.integers("class_ids")).count == 1
        allPositive = try node.reals("class_weights").allSatisfy { $0 >= 0 }
    }

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        let rows = inputs[0]?.sampleCount ?? .unknown
        return [.tensor(labels.elementType, [rows]), .tensor(.float32, [rows, Dimension(labels.count)])]
    }

    package func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        let samples = try FeatureMatrix<Double>(try inputs.tensor(0))
        try forest.check(columns: samples.columns)
        var chosen: [Int] = []
        var scores: [Float] = []
        for row in 0..<samples.rows {
            let votes = try forest.aggregate(samples.values, from: row * samples.columns, +)
            let (position, final) = labels.count > 2 ? many(votes) : two(votes)
            chosen.append(position)
            scores.append(contentsOf: final.prefix(labels.count).map { Float($0) })
            for _ in final.count..<max(labels.count, final.count) { scores.append(0) }
        }
        outputs.set(0, try labels.tensor(chosen))
        outputs.set(1, try Tensor(scores, shape: [samples.rows, labels.count]))
    }

    private func many(_ votes: [Double?]) -> (position: Int, scores: [Double]) {
        var scores = votes
        for index in bases.indices { scores[index] = (scores[index] ?? 0) + bases[index] }
        var best: Int?
        for index in scores.indices {
            guard let score = scores[index] else { continue }
            if let current = best, let highest = scores[current], score <= highest { continue }
            best = index
        }
        return (best ?? 0, transform.apply(scores.map { $0 ?? 0 }))
    }

    /// Two classes are often given by the votes for one of them.
    private func two(_ votes: [Double?]) -> (position: Int, scores: [Double]) {
        let first = votes[0]
        var second = votes.count > 1 ? votes[1] : nil
        var scores: [Double]
        if votes.count == 2 && bases.count == 2 {
            if second != nil {
                let margin = bases[1] + (first ?? 0)
                second = margin
                scores = [-margin, margin]
            } else {
                scores = [(first ?? 0) + bases[0], bases[1]]
            }
        } else {
            let base = bases.count == 1 ? bases[0] : 0
            scores = [(first ?? 0) + base]
            if let second { scores.append(second) }
        }
        let decisive = second ?? scores[0]
        let threshold = hasOneWeightedClass && allPositive ? 0.5 : 0
        let position = decisive > threshold ? 1 : 0
        guard votes.count == 2, hasOneWeightedClass || scores.count == 2 else {
            return (position, transform.apply(scores))
        }
        let secondClass: ScoreTransform.SecondClass = allPositive ? .complement : .opposite
        return (position, transform.apply(scores, secondClass: secondClass))
    }
}
