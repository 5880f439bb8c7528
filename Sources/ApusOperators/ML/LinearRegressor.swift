// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// Weighs the features of each sample, once per target.
package struct LinearRegressor: Operator {
    package static let schema = Schema("LinearRegressor", domain: OperatorDomain.machineLearning, inputs: 1...1)

    private let coefficients: [Float]
    private let intercepts: [Float]
    private let targets: Int
    private let transform: ScoreTransform

    package init(_ node: NodeReader) throws(ComputeError) {
        coefficients = try node.floats("coefficients")
        intercepts = try node.floats("intercepts")
        targets = try node.integer("targets", default: 1)
        transform = try node.choice("post_transform", default: .none)
        guard targets > 0, targets <= coefficients.count else {
            throw .attribute("\(coefficients.count) coefficients for \(targets) targets")
        }
        guard intercepts.isEmpty || intercepts.count == targets else {
            throw .attribute("\(intercepts.count) intercepts for \(targets) targets")
        }
    }

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        [.tensor(.float32, [inputs[0]?.sampleCount ?? .unknown, Dimension(targets)])]
    }

    package func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        let samples = try FeatureMatrix<Float>(try inputs.tensor(0))
        let (expected, overflow) = targets.multipliedReportingOverflow(by: samples.columns)
        guard !overflow, coefficients.count == expected else {
            throw .shape("\(coefficients.count) coefficients do not fit \(samples.columns) features")
        }
        let model = LinearScores(coefficients: coefficients, intercepts: intercepts, targets: targets)
        var result: [Float] = []
        for row in 0..<samples.rows {
            let raw = model.scores(samples, row)
            if transform == .none {
                result.append(contentsOf: raw)
            } else {
                result.append(contentsOf: transform.apply(raw.map { Double($0) }).map { Float($0) })
            }
        }
        outputs.set(0, try Tensor(result, shape: [samples.rows, targets]))
    }
}
