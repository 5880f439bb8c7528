// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

/// How far a model is compiled before a case runs.
public enum Stage: String, Sendable, CaseIterable {
    /// As the file says.
    case imported
    /// After the portable passes.
    case simplified
    /// After everything this machine's plan does.
    case lowered
}
