// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

/// Cases of ONNX's own sets that are left out, each with its reason.
public enum Skips {
    /// Reasons by case name.
    public static let reasons: [String: String] = {
        var reasons: [String: String] = [:]
        for name in ["", "_double", "_seed"] {
            for form in ["", "_expanded"] {
                reasons["test_bernoulli\(name)\(form)"] =
                    "draws random numbers: the expected values come from NumPy's generator"
            }
        }
        for name in ["default", "default_mask", "mask", "zero_ratio", "zero_ratio_mask"] where !name.contains("zero") {
            reasons["test_training_dropout_\(name)"] =
                "draws random numbers: the expected values come from NumPy's generator"
        }
        reasons["test_training_dropout"] = reasons["test_training_dropout_mask"]
        for name in ["add", "add_multiple_data"] {
            reasons["test_gradient_of_\(name)"] = "Gradient differentiates a graph: there is no automatic gradient yet"
        }
        return reasons
    }()
}
