// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import Glibc

/// What a classic model does to its raw scores.
package enum ScoreTransform: String, CaseIterable, Sendable {
    case none = "NONE"
    case logistic = "LOGISTIC"
    case softmax = "SOFTMAX"
    case softmaxZero = "SOFTMAX_ZERO"
    case probit = "PROBIT"

    /// How one score becomes the scores of two classes.
    package enum SecondClass: Sendable {
        /// It stays alone.
        case absent
        /// The score is a probability.
        case complement
        /// The score is a signed margin.
        case opposite
    }

    /// Transforms the scores of one sample.
    package func apply(_ scores: [Double], secondClass: SecondClass = .absent) -> [Double] {
        guard scores.count != 1 else { return single(scores[0], secondClass) }
        switch self {
        case .none: return scores
        case .logistic: return scores.map(ScoreTransform.logistic)
        case .probit: return scores.map(ScoreTransform.probit)
        case .softmax: return ScoreTransform.softmax(scores)
        case .softmaxZero: return ScoreTransform.softmaxZero(scores)
        }
    }

    private func single(_ score: Double, _ secondClass: SecondClass) -> [Double] {
        if self == .probit { return [ScoreTransform.probit(score)] }
        return switch secondClass {
        case .absent: [score]
        case _ where self == .logistic: [ScoreTransform.logistic(-score), ScoreTransform.logistic(score)]
        case .complement: [1 - score, score]
        case .opposite: [-score, score]
        }
    }

    /// The logistic function.
    package static func logistic(_ value: Double) -> Double {
        let positive = 1 / (1 + exp(-abs(value)))
        return value < 0 ? 1 - positive : positive
    }

    /// The quantile of the normal distribution, by Winitzki's approximation of the inverse error function.
    package static func probit(_ probability: Double) -> Double {
        let value = 2 * probability - 1
        let logarithm = log((1 - value) * (1 + value))
        let middle = 2 / (3.14159 * 0.147) + 0.5 * logarithm
        let inner = -middle + (middle * middle - logarithm / 0.147).squareRoot()
        return 1.41421356 * (value < 0 ? -1 : 1) * inner.squareRoot()
    }

    private static func softmax(_ scores: [Double]) -> [Double] {
        let highest = scores.max() ?? 0
        let powers = scores.map { exp($0 - highest) }
        let sum = powers.reduce(0, +)
        return powers.map { $0 / sum }
    }

    /// A softmax that leaves scores of 0 out of the sum.
    private static func softmaxZero(_ scores: [Double]) -> [Double] {
        let highest = scores.max() ?? 0
        var sum = 0.0
        let powers = scores.map { score in
            guard abs(score) > 0.0000001 else { return score * exp(-highest) }
            let power = exp(score - highest)
            sum += power
            return power
        }
        return powers.map { $0 / sum }
    }
}
