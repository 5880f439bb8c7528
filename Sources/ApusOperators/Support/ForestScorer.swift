// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusTensors

/// Decision trees whose leaves are combined into scores per target.
package struct ForestScorer: Sendable {
    /// How the leaves of several trees are combined.
    package enum Aggregation: String, CaseIterable, Sendable {
        case average = "AVERAGE"
        case sum = "SUM"
        case min = "MIN"
        case max = "MAX"
    }

    package let forest: DecisionForest
    package let aggregation: Aggregation
    package let transform: ScoreTransform
    /// Added to the scores: one per target, or none.
    package let bases: [Double]

    package init(forest: DecisionForest, aggregation: Aggregation, transform: ScoreTransform, bases: [Double]) {
        self.forest = forest
        self.aggregation = aggregation
        self.transform = transform
        self.bases = bases
    }

    /// The scores of every sample and their shape.
    package func scores(_ source: Tensor) throws(ComputeError) -> (scores: [Double], shape: Shape) {
        let samples = try FeatureMatrix<Double>(source)
        try forest.check(columns: samples.columns)
        let count = forest.targetCount
        var result: [Double] = []
        for row in 0..<samples.rows {
            let said = try forest.aggregate(samples.values, from: row * samples.columns, combine)
            let divisor = aggregation == .average && forest.treeCount > 0 ? Double(forest.treeCount) : 1
            let scores = said.indices.map { target in
                let base = bases.count == count ? bases[target] : 0
                return said[target].map { $0 / divisor + base } ?? (count == 1 ? base : 0)
            }
            result.append(contentsOf: transform.apply(scores))
        }
        return (result, [samples.rows, count])
    }

    private func combine(_ left: Double, _ right: Double) -> Double {
        switch aggregation {
        case .average, .sum: left + right
        case .min: Swift.min(left, right)
        case .max: Swift.max(left, right)
        }
    }
}
