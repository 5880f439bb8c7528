// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import Apus
import ApusConformance
import ApusExecution
import ApusKernels
import ApusONNX
public import ArgumentParser

extension InstructionSet: ExpressibleByArgument {}
extension Precision: ExpressibleByArgument {}
extension Stage: ExpressibleByArgument {}
extension ConformanceStage: ExpressibleByArgument {}

/// How a model is loaded, for every command that runs one.
struct ModelOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Threads for one run; one for each core when left out.", valueName: "count"))
    var threads: Int?

    @Option(help: "Machine instructions; the best when left out.")
    var isa: InstructionSet?

    @Option(help: "What products and convolutions multiply; sums are f32.")
    var precision: Precision = .f32

    @Option(help: "How far to compile.")
    var stage: Stage = .lowered

    @Option(help: ArgumentHelp("Who runs it.", valueName: "name"))
    var backend: Backends = .cpu

    @Option(help: ArgumentHelp("The shared library of a foreign backend.", valueName: "file"))
    var library: String?

    @Option(
        name: .customLong("memory-limit"),
        help: ArgumentHelp("Refuse to have more tensors alive than this many megabytes.", valueName: "MB"))
    var memoryLimit: Int?

    @Flag(help: "Leave out forms that trade accuracy for speed.")
    var exact = false

    @Option(help: ArgumentHelp("Set a named dimension, as in --size N=1; repeatable.", valueName: "name=number"))
    var size: [String] = []

    /// Checks what the parser cannot.
    func validate() throws {
        if let threads, !(1...1024).contains(threads) { throw ValidationError("--threads takes 1 to 1024") }
        if let memoryLimit, !(1...1 << 30).contains(memoryLimit) {
            throw ValidationError("--memory-limit takes 1 to \(1 << 30) MB")
        }
        if let isa, !isa.isPresent {
            let present = InstructionSet.present.map(\.rawValue).joined(separator: ", ")
            throw ValidationError("this machine has no \(isa.rawValue); it has \(present)")
        }
        if backend.isForeign, precision != .f32 {
            throw ValidationError("--precision is for this engine: \(backend.rawValue) multiplies as it likes")
        }
        _ = try sizes()
    }

    /// Refuses a plan on a foreign backend.
    func checkBackend(for model: ImportedModel) throws {
        guard backend.isForeign, model.plan != nil else { return }
        throw Failure("a plan holds nodes of this engine: \(backend.rawValue) runs the model it was built from")
    }

    /// The sizes of named dimensions.
    func sizes() throws -> [String: Int] {
        var result: [String: Int] = [:]
        for text in size {
            let (name, value) = try Assignment.split(text, option: "--size")
            guard let number = Int(value), number >= 0 else {
                throw ValidationError("--size \(text): '\(value)' is no size")
            }
            result[name] = number
        }
        return result
    }

    /// The options of the library.
    func options() throws -> Options {
        var options = Options()
        options.threadCount = threads
        options.instructionSet = isa ?? .best
        options.precision = precision
        if precision == .bf16, !options.instructionSet.multipliesPairs {
            Terminal.note(
                "\(options.instructionSet.rawValue) has no instruction for products of bf16: they are emulated")
        }
        options.memoryLimitBytes = memoryLimit.map { $0 * 1_000_000 }
        options.stage = stage
        options.isExact = exact
        options.sizes = try sizes()
        return options
    }
}

/// `NAME=VALUE` on the command line.
enum Assignment {
    /// The parts around the first equals sign that leaves both non-empty.
    static func split(_ text: String, option: String) throws -> (name: String, value: String) {
        guard let index = text.firstIndex(of: "="), index != text.startIndex, text.index(after: index) != text.endIndex
        else {
            throw ValidationError("\(option) takes NAME=VALUE, not '\(text)'")
        }
        return (String(text[..<index]), String(text[text.index(after: index)...]))
    }
}
