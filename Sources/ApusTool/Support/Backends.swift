// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusExecution
import ApusNativeBackends
import ArgumentParser

/// The backends a user can ask for by name.
enum Backends: String, ExpressibleByArgument, CaseIterable {
    /// This package's own engine.
    case cpu
    /// ONNX Runtime's shared library.
    case onnxruntime

    /// Whether the engine is not this package's: it takes graphs as the file says and has no instruction sets.
    var isForeign: Bool { self != .cpu }

    /// The backend; a foreign one is loaded from the library, or looked for.
    func make(library: String?) throws -> any Backend {
        switch self {
        case .cpu: CPUBackend()
        case .onnxruntime: ONNXRuntimeBackend(try ONNXRuntimeLibrary(path: library))
        }
    }
}
