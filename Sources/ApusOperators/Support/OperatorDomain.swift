// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

/// The operator domains besides ONNX's own.
package enum OperatorDomain {
    /// Classic machine learning.
    package static let machineLearning = "ai.onnx.ml"
    /// ONNX Runtime's own operators.
    package static let microsoft = "com.microsoft"
    /// Steps of training.
    package static let training = "ai.onnx.preview.training"
}
