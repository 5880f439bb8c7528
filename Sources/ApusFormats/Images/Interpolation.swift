// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

internal import Glibc

/// How a picture's samples are weighed when it changes size.
package enum Interpolation: String, Hashable, Sendable, CaseIterable {
    case nearest
    case bilinear
    case bicubic
    case lanczos

    /// How far from the centre a sample still counts, in samples of the smaller picture.
    var support: Double {
        switch self {
        case .nearest: 0.5
        case .bilinear: 1
        case .bicubic: 2
        case .lanczos: 3
        }
    }

    /// The weight of a sample at a distance from the centre.
    func weight(_ distance: Double) -> Double {
        let x = abs(distance)
        switch self {
        case .nearest: return x <= 0.5 ? 1 : 0
        case .bilinear: return max(0, 1 - x)
        case .bicubic:
            if x < 1 { return (1.5 * x - 2.5) * x * x + 1 }
            return x < 2 ? ((-0.5 * x + 2.5) * x - 4) * x + 2 : 0
        case .lanczos: return x < 3 ? Interpolation.sinc(x) * Interpolation.sinc(x / 3) : 0
        }
    }

    private static func sinc(_ x: Double) -> Double { x == 0 ? 1 : sin(x * .pi) / (x * .pi) }
}
