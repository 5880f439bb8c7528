// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import Apus
import ApusExecution
import ApusFormats
import ApusGraphs
import ApusNativeBackends
import ApusONNX
import Glibc
import Testing

/// Fetched models, and what ONNX Runtime made of real inputs.
enum RealModels {
    static let reason: Comment = "no fetched models: run make test"
    static let libraryReason: Comment = "no ONNX Runtime: APUS_ONNXRUNTIME_LIBRARY can name its library"

    /// The folder of fetched data, or nil where there is none.
    static let folder: String? = {
        guard let folder = unsafe getenv("APUS_TEST_DATA").map({ unsafe String(cString: $0) }) else { return nil }
        return FileBytes.exists(folder + "/expected/made-by") ? folder : nil
    }()

    /// ONNX Runtime, where this machine has it.
    static let library: ONNXRuntimeLibrary? = try? ONNXRuntimeLibrary()

    /// The arrays of a file of expectations, by name.
    static func arrays(_ name: String) throws -> [String: Tensor] {
        let path = "\(try #require(folder))/expected/\(name).npz"
        return Dictionary(try NumpyArchive.decode(try FileBytes.read(path)).map { ($0.name, $0.tensor) }) { $1 }
    }

    /// Whether there is a file of expectations.
    static func hasArrays(_ name: String) throws -> Bool {
        FileBytes.exists("\(try #require(folder))/expected/\(name).npz")
    }

    /// Loads a model in the given way.
    static func model(_ name: String, _ way: Way) throws -> Model {
        let path = "\(try #require(folder))/models/\(name).onnx"
        var options = Options()
        switch way {
        case .stage(let stage): options.stage = stage
        case .instructionSet(let instructionSet): options.instructionSet = instructionSet
        case .precision(let precision): options.precision = precision
        case .onnxruntime:
            options.stage = .imported
            let backend = ONNXRuntimeBackend(try #require(library))
            let graph = try Model.read(path: path, options: options).graph
            return Model(try Model.plan(graph, options: options, environment: PlanOptions(options), backend: backend))
        }
        return try Model(path: path, options: options)
    }
}

/// A way to run a model.
enum Way: Sendable, CustomTestStringConvertible {
    case stage(Stage)
    case instructionSet(InstructionSet)
    case precision(Precision)
    case onnxruntime

    /// What this package can do itself.
    static let stages: [Way] = Stage.allCases.map(Way.stage)

    /// Compiled fully for the instruction sets that are not the machine's best.
    static let instructionSets: [Way] = InstructionSet.present.dropLast().map(Way.instructionSet)

    /// Whether 8-bit values go to kernels of their own.
    var isLowered: Bool {
        switch self {
        case .stage(let stage): stage == .lowered
        case .instructionSet, .precision, .onnxruntime: true
        }
    }

    var testDescription: String {
        switch self {
        case .stage(let stage): stage.rawValue
        case .instructionSet(let instructionSet): "lowered for \(instructionSet.rawValue)"
        case .precision(let precision): "lowered to multiply \(precision.rawValue)"
        case .onnxruntime: "onnxruntime"
        }
    }
}
