// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import Apus

/// The form of its model in which a case runs.
public enum ConformanceStage: String, Sendable, CaseIterable {
    /// As the file says.
    case imported
    /// After the portable passes.
    case simplified
    /// After everything this machine's plan does.
    case lowered
    /// Lowered, written to a plan file, opened again and verified.
    case planned

    /// How far the model is compiled.
    var compilation: Stage {
        switch self {
        case .imported: .imported
        case .simplified: .simplified
        case .lowered, .planned: .lowered
        }
    }

    /// Whether the model is ONNX at this stage, so that any backend can run it.
    package var isPortable: Bool { compilation != .lowered }
}
