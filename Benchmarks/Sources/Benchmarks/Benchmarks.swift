// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import Apus
import ApusKernels
import CInstructionCounter
import Glibc

/// What the command line asks for.
@main
struct Benchmarks {
    private static let usage = """
        usage: benchmarks kernels|operators [WORDS...] [--threads N] [--isa SET]
               benchmarks models FILE... [NAME=SIZE...] [--threads N] [--isa SET]
               benchmarks instructions [WORDS...] [--write] [--isa SET]
        WORDS choose cases whose names hold one of them.
        """

    private var options = Options()
    private var words: [String] = []
    private var isWriting = false

    private init(_ arguments: [String]) throws {
        options.threadCount = 1
        var rest = arguments[...]
        while let word = rest.popFirst() {
            switch word {
            case "--write": isWriting = true
            case "--threads":
                guard let count = rest.popFirst().flatMap({ Int($0) }), 1...64 ~= count else {
                    throw Failure("--threads takes 1 to 64")
                }
                options.threadCount = count
            case "--isa":
                guard let set = rest.popFirst().flatMap({ InstructionSet(rawValue: $0) }), set.isPresent else {
                    let names = InstructionSet.present.map(\.rawValue).joined(separator: ", ")
                    throw Failure("--isa takes \(names)")
                }
                options.instructionSet = set
            default: words.append(word)
            }
        }
    }

    private func chosen(_ cases: [Case]) throws -> [Case] {
        let found = cases.filter { each in words.isEmpty || words.contains { each.name.contains($0) } }
        guard !found.isEmpty else { throw Failure("no case is called so") }
        return found
    }

    private func models() throws {
        var options = options
        for word in words where word.contains("=") {
            let parts = word.split(separator: "=")
            guard parts.count == 2, let size = Int(parts[1]) else { throw Failure("'\(word)' is no size") }
            options.sizes[String(parts[0])] = size
        }
        for path in words where !path.contains("=") { try Timing(options: options).report(path: path) }
    }

    private func instructions() throws {
        Self.startAnewAlwaysAlike()
        let cases = try chosen(KernelCases.all(.small) + OperatorCases.all(.small))
        let counts = InstructionCounts(options)
        if isWriting {
            try counts.write(cases)
        } else if try !counts.check(cases) {
            throw Failure("more instructions than the thresholds in \(counts.file) allow")
        }
    }

    /// Hashes are seeded anew in every process, and memory lies elsewhere: dictionaries then take different ways.
    private static func startAnewAlwaysAlike() {
        let name = "SWIFT_DETERMINISTIC_HASHING"
        // SAFETY: no other thread runs yet, and the arguments are the ones the system handed over.
        guard unsafe getenv(name) == nil else { return }
        unsafe setenv(name, "1", 1)
        fix_addresses()
        unsafe execv("/proc/self/exe", CommandLine.unsafeArgv)
    }

    static func main() {
        do {
            var arguments = CommandLine.arguments.dropFirst()
            let command = arguments.popFirst()
            let benchmarks = try Benchmarks(Array(arguments))
            switch command {
            case "kernels":
                try Timing(options: benchmarks.options).report(benchmarks.chosen(KernelCases.all(.full)))
            case "operators":
                try Timing(options: benchmarks.options).report(benchmarks.chosen(OperatorCases.all(.full)))
            case "models": try benchmarks.models()
            case "instructions": try benchmarks.instructions()
            default: throw Failure(usage)
            }
        } catch {
            var words = "\(error)\n"
            // SAFETY: the text's memory lives through the call, and its size is given.
            words.withUTF8 { _ = unsafe write(STDERR_FILENO, $0.baseAddress, $0.count) }
            exit(1)
        }
    }
}
