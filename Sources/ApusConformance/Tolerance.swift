// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusTensors

/// How far an output may be from its expected value.
public struct Tolerance: Sendable, Hashable {
    /// The part relative to the expected value.
    public var relative: Double
    /// The part that is always allowed.
    public var absolute: Double

    /// Makes a tolerance.
    public init(relative: Double, absolute: Double) {
        self.relative = relative
        self.absolute = absolute
    }

    /// What ONNX's own runner allows.
    public static let standard = Tolerance(relative: 1e-3, absolute: 1e-7)

    /// This tolerance where values are rounded to a short float: one unit in the last place of `f16`, two of `bf16`.
    ///
    /// Some expected values were rounded after every step (two units of `bf16` in attention written out as many nodes),
    /// or cut off rather than rounded; ours are rounded to nearest, and once for each node.
    func rounded(to elementType: ElementType) -> Tolerance {
        switch elementType {
        case .float16: Tolerance(relative: relative + 0x1p-10, absolute: absolute)
        case .bfloat16: Tolerance(relative: relative + 0x1p-6, absolute: absolute)
        default: self
        }
    }

    /// The absolute errors of expected values themselves, by operator, where they are above the standard.
    private static let errorsOfExpectedValues = [
        // NumPy's transforms in f32 leave up to 2e-7 where the sum is 0.
        "DFT": 4e-7
    ]

    /// The tolerance for a model with these operators.
    public static func forOperators(_ operators: [String]) -> Tolerance {
        let absolute = operators.compactMap { errorsOfExpectedValues[$0] }.max() ?? standard.absolute
        return Tolerance(relative: standard.relative, absolute: absolute)
    }
}
