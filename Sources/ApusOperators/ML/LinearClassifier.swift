// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// Chooses the class whose hyperplane lies farthest below a sample.
package struct LinearClassifier: Operator {
    package static let schema = Schema(
        "LinearClassifier", domain: OperatorDomain.machineLearning, inputs: 1...1, outputs: 1...2)

    private let coefficients: [Float]
    private let intercepts: [Float]
    private let labels: ClassLabels
    private let transform: ScoreTransform

    package init(_ node: NodeReader) throws(ComputeError) {
        coefficients = try node.floats("coefficients")
        intercepts = try node.floats("intercepts")
        labels = try ClassLabels(node, strings: "classlabels_strings", integers: "classlabels_ints")
        transform = try node.choice("post_transform", default: .none)
        guard !coefficients.isEmpty else { throw .attribute("attribute 'coefficients' is missing or empty") }
    }

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        let rows = inputs[0]?.sampleCount ?? .unknown
        let classes = intercepts.count == 1 && labels.count == 2 ? 2 : intercepts.count
        return [
            .tensor(labels.elementType, [rows]),
            .tensor(.float32, [rows, intercepts.isEmpty ? .unknown : Dimension(classes)]),
        ]
    }

    package func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        let samples = try FeatureMatrix<Float>(try inputs.tensor(0))
        let columns = samples.columns
        let classes = intercepts.isEmpty && columns > 0 ? coefficients.count / columns : intercepts.count
        guard classes > 0, coefficients.count >= classes * columns else {
            throw .shape("\(coefficients.count) coefficients do not fit \(columns) features and \(classes) classes")
        }
        guard classes == 1 || labels.count >= classes else { throw .attribute("\(classes) classes have no labels") }
        let secondClass: ScoreTransform.SecondClass = classes == 1 && labels.count == 2 ? .complement : .absent
        let model = LinearScores(coefficients: coefficients, intercepts: intercepts, targets: classes)
        var chosen: [Int] = []
        var scores: [Float] = []
        for row in 0..<samples.rows {
            let raw = model.scores(samples, row)
            if classes == 1 {
                chosen.append(raw[0] > 0 ? 1 : 0)
            } else {
                var best = 0
                for index in raw.indices where raw[index] > raw[best] { best = index }
                chosen.append(best)
            }
            let final = transform.apply(raw.map { Double($0) }, secondClass: secondClass)
            scores.append(contentsOf: final.map { Float($0) })
            if secondClass != .absent && final.count == 1 { scores.append(0) }
        }
        let width = secondClass == .absent ? classes : 2
        let positions = classes == 1 && labels.count != 2 ? ClassLabels.integers([]) : labels
        outputs.set(0, try unnamed(positions).tensor(chosen))
        outputs.set(1, try Tensor(scores, shape: [samples.rows, width]))
    }

    /// One class without two labels answers 0 or 1, in the type of the labels.
    private func unnamed(_ positions: ClassLabels) -> ClassLabels {
        if case .integers(let values) = positions, values.isEmpty, labels.elementType == .string {
            return .strings(["0", "1"])
        }
        return positions
    }
}
