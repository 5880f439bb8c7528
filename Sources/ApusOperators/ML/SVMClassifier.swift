// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusGraphs
package import ApusTensors

/// Lets every pair of classes vote by their support vectors, or scores each class by a hyperplane.
package struct SVMClassifier: Operator {
    package static let schema = Schema(
        "SVMClassifier", domain: OperatorDomain.machineLearning, inputs: 1...1, outputs: 1...2)

    private let kernel: SupportVectorKernel
    private let coefficients: [Float]
    private let vectors: [Float]
    private let vectorsPerClass: [Int]
    private let vectorCount: Int
    private let biases: [Float]
    private let slopes: [Float]
    private let shifts: [Float]
    private let labels: ClassLabels
    private let transform: ScoreTransform

    private var classCount: Int { labels.count }
    private var pairCount: Int { classCount * (classCount - 1) / 2 }
    private var isLinear: Bool { vectorCount == 0 }
    private var hasProbabilities: Bool { !slopes.isEmpty }

    package init(_ node: NodeReader) throws(ComputeError) {
        coefficients = try node.floats("coefficients")
        vectors = try node.floats("support_vectors")
        vectorsPerClass = try node.integers("vectors_per_class")
        biases = try node.floats("rho")
        slopes = try node.floats("prob_a")
        shifts = try node.floats("prob_b")
        labels = try ClassLabels(node, strings: "classlabels_strings", integers: "classlabels_ints")
        transform = try node.choice("post_transform", default: .none)
        let limit = vectors.count
        guard vectorsPerClass.allSatisfy({ $0 >= 0 && $0 <= limit }), vectorsPerClass.count < 65536 else {
            throw .attribute("attribute 'vectors_per_class' is \(vectorsPerClass)")
        }
        vectorCount = vectorsPerClass.reduce(0, +)
        kernel = try SupportVectorKernel(node, forcesLinear: vectorCount == 0)
        guard labels.count > 0, labels.count < 65536, !coefficients.isEmpty, !biases.isEmpty else {
            throw .attribute("labels, coefficients or rho are missing")
        }
        guard slopes.count == shifts.count else { throw .attribute("'prob_a' and 'prob_b' differ in length") }
        if vectorCount > 0 {
            let pairs = labels.count * (labels.count - 1) / 2
            guard labels.count >= 2, vectorsPerClass.count == labels.count, vectors.count % vectorCount == 0,
                coefficients.count >= (labels.count - 1) * vectorCount, biases.count >= pairs,
                slopes.isEmpty || slopes.count >= pairs
            else { throw .attribute("the lists of a support vector machine do not fit each other") }
        } else {
            guard coefficients.count % labels.count == 0 else {
                throw .attribute("\(coefficients.count) coefficients for \(labels.count) classes")
            }
        }
    }

    private var scoreCount: Int {
        if isLinear || hasProbabilities { return classCount }
        return classCount > 2 ? pairCount : 2
    }

    package func infer(_ inputs: [InferredValue?]) throws(ComputeError) -> [InferredValue] {
        let rows = inputs[0]?.sampleCount ?? .unknown
        return [.tensor(labels.elementType, [rows]), .tensor(.float32, [rows, Dimension(scoreCount)])]
    }

    package func evaluate(_ inputs: Inputs, into outputs: inout Outputs) throws(ComputeError) {
        let samples = try FeatureMatrix<Float>(try inputs.tensor(0))
        let features = isLinear ? coefficients.count / classCount : vectors.count / vectorCount
        guard samples.columns == features else {
            throw .shape("the model has \(features) features, the input \(samples.columns)")
        }
        var chosen: [Int] = []
        var scores: [Float] = []
        for row in 0..<samples.rows {
            let (position, raw) = isLinear ? linear(samples, row) : paired(samples, row)
            chosen.append(position)
            let second: ScoreTransform.SecondClass = transform == .none ? .opposite : .complement
            var final = transform.apply(raw.map { Double($0) }, secondClass: isLinear ? .absent : second)
            while final.count < scoreCount { final.append(0) }
            scores.append(contentsOf: final.map { Float($0) })
        }
        outputs.set(0, try labels.tensor(chosen))
        outputs.set(1, try Tensor(scores, shape: [samples.rows, scoreCount]))
    }

    private func linear(_ samples: FeatureMatrix<Float>, _ row: Int) -> (position: Int, scores: [Float]) {
        let features = samples.columns
        let scores = (0..<classCount).map { index in
            kernel(samples.values, row * features, coefficients, index * features, features) + biases[0]
        }
        var best = 0
        for index in scores.indices where scores[index] > scores[best] { best = index }
        if classCount == 2 && !hasProbabilities {
            let allPositive = coefficients.allSatisfy { $0 >= 0 }
            if allPositive ? scores[best] >= 0.5 : scores[best] > 0 { best = 1 }
        }
        return (best, scores)
    }

    /// One score per pair of classes, and the class most pairs vote for.
    private func paired(_ samples: FeatureMatrix<Float>, _ row: Int) -> (position: Int, scores: [Float]) {
        let features = samples.columns
        let likeness = (0..<vectorCount).map {
            kernel(samples.values, row * features, vectors, $0 * features, features)
        }
        var starts: [Int] = []
        var start = 0
        for count in vectorsPerClass {
            starts.append(start)
            start += count
        }
        var scores: [Float] = []
        var votes = [Int](repeating: 0, count: classCount)
        for first in 0..<classCount {
            for second in (first + 1)..<max(classCount, first + 1) {
                var sum = 0.0
                for index in starts[first]..<(starts[first] + vectorsPerClass[first]) {
                    sum += Double(coefficients[vectorCount * (second - 1) + index] * likeness[index])
                }
                for index in starts[second]..<(starts[second] + vectorsPerClass[second]) {
                    sum += Double(coefficients[vectorCount * first + index] * likeness[index])
                }
                sum += Double(biases[scores.count])
                scores.append(Float(sum))
                votes[sum > 0 ? first : second] += 1
            }
        }
        var best = 0
        for index in votes.indices where votes[index] > votes[best] { best = index }
        return (best, hasProbabilities ? probabilities(scores) : scores)
    }

    /// Couples pairwise probabilities into one per class, by the second method of Wu, Lin and Weng (2004).
    private func probabilities(_ scores: [Float]) -> [Float] {
        let count = classCount
        var pairwise = [[Float]](repeating: [Float](repeating: 0, count: count), count: count)
        var pair = 0
        for first in 0..<count {
            for second in (first + 1)..<max(count, first + 1) {
                let margin = Double(scores[pair] * slopes[pair] + shifts[pair])
                let likely = Float(1 - ScoreTransform.logistic(margin))
                pairwise[first][second] = min(max(likely, 1e-7), 1 - 1e-7)
                pairwise[second][first] = 1 - pairwise[first][second]
                pair += 1
            }
        }
        var quadratic = [[Float]](repeating: [Float](repeating: 0, count: count), count: count)
        for first in 0..<count {
            for second in 0..<count where second != first {
                quadratic[first][first] += pairwise[second][first] * pairwise[second][first]
                quadratic[first][second] = -pairwise[second][first] * pairwise[first][second]
            }
        }
        var result = [Float](repeating: 1 / Float(count), count: count)
        for _ in 0..<100 {
            var products = (0..<count).map { row in (0..<count).reduce(0) { $0 + quadratic[row][$1] * result[$1] } }
            var value = (0..<count).reduce(0) { $0 + result[$1] * products[$1] }
            guard products.contains(where: { abs($0 - value) >= 0.005 / Float(count) }) else { break }
            for row in 0..<count {
                let step = (value - products[row]) / quadratic[row][row]
                result[row] += step
                value =
                    (value + step * (step * quadratic[row][row] + 2 * products[row])) / (1 + step) / (1 + step)
                for column in 0..<count {
                    products[column] = (products[column] + step * quadratic[row][column]) / (1 + step)
                    result[column] /= 1 + step
                }
            }
        }
        return result
    }
}
