// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// Compares samples with support vectors and adds the comparisons up.
package struct SVMRegressor: Operator {
    package static let schema = Schema("SVMRegressor", domain: OperatorDomain.machineLearning, inputs: 1...1)

    private let kernel: SupportVectorKernel
    private let coefficients: [Float]
    private let vectors: [Float]
    private let vectorCount: Int
    private let bias: Float
    private let isOneClass: Bool
    private let transform: ScoreTransform

    package init(_ node: NodeReader) throws(ComputeError) {
        vectorCount = try node.integer("n_supports", default: 0)
        coefficients = try node.floats("coefficients")
        vectors = try node.floats("support_vectors")
        guard let first = try node.floats("rho").first else { throw .attribute("attribute 'rho' is missing or empty") }
        bias = first
        isOneClass = try node.flag("one_class")
        transform = try node.choice("post_transform", default: .none)
        kernel = try SupportVectorKernel(node, forcesLinear: vectorCount == 0)
        guard vectorCount >= 0, !coefficients.isEmpty else { throw .attribute("there are no coefficients") }
        guard vectorCount == 0 || (coefficients.count >= vectorCount && vectors.count % vectorCount == 0) else {
            throw .attribute("\(vectors.count) numbers do not make \(vectorCount) support vectors")
        }
    }

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        [.tensor(.float32, [inputs[0]?.sampleCount ?? .unknown, 1])]
    }

    package func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        let samples = try FeatureMatrix<Float>(try inputs.tensor(0))
        let features = vectorCount > 0 ? vectors.count / vectorCount : coefficients.count
        guard samples.columns == features else {
            throw .shape("the model has \(features) features, the input \(samples.columns)")
        }
        var result: [Float] = []
        for row in 0..<samples.rows {
            var sum: Float = 0
            if vectorCount > 0 {
                for index in 0..<vectorCount {
                    sum +=
                        coefficients[index]
                        * kernel(samples.values, row * features, vectors, index * features, features)
                }
            } else {
                sum = kernel(samples.values, row * features, coefficients, 0, features)
            }
            sum += bias
            if isOneClass {
                result.append(sum > 0 ? 1 : -1)
            } else {
                result.append(transform == .probit ? Float(ScoreTransform.probit(Double(sum))) : sum)
            }
        }
        outputs.set(0, try Tensor(result, shape: [samples.rows, 1]))
    }
}
