// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusExecution
import ApusNativeBackends

/// The backends a user can ask for by name.
enum Backends {
    /// The name of this package's own engine.
    static let own = "cpu"

    /// The backend of the given name; a foreign one is loaded from the library, or looked for.
    static func find(_ name: String, library: String?) throws -> any Backend {
        switch name {
        case own: return CPUBackend()
        case "onnxruntime": return ONNXRuntimeBackend(try ONNXRuntimeLibrary(path: library))
        default: throw Failure("there is no backend '\(name)'; there are cpu and onnxruntime")
        }
    }
}
