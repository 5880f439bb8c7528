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

    /// This tolerance where values are rounded to an element type: two units in the last place more.
    func rounded(to elementType: ElementType) -> Tolerance {
        switch elementType {
        case .float16: Tolerance(relative: relative + 0x1p-9, absolute: Swift.max(absolute, 0x1p-14))
        case .bfloat16: Tolerance(relative: relative + 0x1p-6, absolute: Swift.max(absolute, 0x1p-14))
        default: self
        }
    }

    /// The tolerance for a model with these operators.
    ///
    /// Sums of many terms that cancel (transforms, long reductions) leave absolute errors of a few units in the last
    /// place of their largest term, where the expected value is near 0.
    public static func forOperators(_ operators: [String]) -> Tolerance {
        let cancelling: Set<String> = [
            "DFT", "STFT", "ConvTranspose", "Conv", "DeformConv", "MatMul", "Gemm", "Einsum", "LSTM", "GRU", "RNN",
            "LayerNormalization", "GroupNormalization", "InstanceNormalization", "MeanVarianceNormalization",
            "BatchNormalization", "Attention", "LinearAttention", "FlexAttention", "CausalConvWithState", "Resize",
            "GridSample", "AffineGrid", "ReduceSum", "ReduceMean", "ReduceLogSum", "ReduceLogSumExp", "Det", "Sub",
            "LogSoftmax", "RMSNormalization", "Log", "Sin", "Cos", "Erf", "Adam", "Momentum", "Adagrad",
        ]
        return operators.contains(where: cancelling.contains)
            ? Tolerance(relative: 1e-3, absolute: 2e-6) : .standard
    }
}
