// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import Apus
import ApusKernels
import ApusTensors
import CInstructionCounter
import Glibc

/// The instructions each small case executes, beside the numbers that are committed.
struct InstructionCounts {
    let options: Options
    /// The file of committed numbers for this instruction set, and its folder.
    let file: String
    private let folder: String

    /// A case may take so much more than its committed number.
    private static let tolerance = 1.02

    /// Makes counts against the committed file of the options' instruction set.
    init(_ options: Options) {
        self.options = options
        folder = #filePath.split(separator: "/").dropLast(3).map { "/" + $0 }.joined() + "/Thresholds"
        file = "\(folder)/\(options.instructionSet.rawValue).txt"
    }

    /// Prints every count; false where one is over its threshold or has none.
    func check(_ cases: [Case]) throws -> Bool {
        let known = try thresholds()
        var isGood = true
        for each in cases {
            let count = try instructions(each)
            guard let threshold = known[each.name] else {
                print(Text.name(each.name), Text.padded(String(count), 12), " no threshold")
                isGood = false
                continue
            }
            let ratio = Double(count) / Double(threshold)
            let verdict = ratio > Self.tolerance ? "OVER" : ratio < 0.97 ? "fewer: write the threshold anew" : ""
            print(
                Text.name(each.name), Text.padded(String(count), 12), Text.padded(String(threshold), 12),
                Text.padded(Text.number(100 * ratio) + " %", 8), verdict)
            if ratio > Self.tolerance { isGood = false }
        }
        return isGood
    }

    /// Counts every case and writes the numbers as the new thresholds.
    func write(_ cases: [Case]) throws {
        var text = ""
        for each in cases {
            let count = try instructions(each)
            print(Text.name(each.name), Text.padded(String(count), 12))
            text += "\(count) \(each.name)\n"
        }
        unsafe mkdir(folder, 0o755)
        guard let stream = unsafe fopen(file, "w") else { throw Failure("cannot write \(file)") }
        unsafe fputs(text, stream)
        unsafe fclose(stream)
    }

    private func thresholds() throws -> [String: Int] {
        guard let stream = unsafe fopen(file, "r") else {
            throw Failure("\(file) is not there: run 'instructions --write' once")
        }
        defer { unsafe fclose(stream) }
        var bytes = [UInt8](repeating: 0, count: 1 << 16)
        // SAFETY: the array's memory lives through the call, and its size is given.
        let count = unsafe fread(&bytes, 1, bytes.count, stream)
        var result: [String: Int] = [:]
        for line in String(decoding: bytes[..<count], as: UTF8.self).split(separator: "\n") {
            let words = line.split(separator: " ", maxSplits: 1)
            guard words.count == 2, let number = Int(words[0]) else { throw Failure("\(file): '\(line)'") }
            result[String(words[1])] = number
        }
        return result
    }

    private func instructions(_ each: Case) throws -> Int {
        let run = Run(try each.load(options), each.inputs)
        for _ in 0..<3 { run() }
        if let error = run.error { throw error }
        // SAFETY: the object lives through the call, in which alone it is used.
        let count = unsafe count_instructions(
            { unsafe Unmanaged<Run>.fromOpaque($0.unsafelyUnwrapped).takeUnretainedValue()() },
            Unmanaged.passUnretained(run).toOpaque())
        guard count > 0 else {
            throw Failure(count == -1 ? "processes may not be traced here" : "\(each.name) did not end")
        }
        return Int(count)
    }

    /// One run of a case, for a function pointer.
    private final class Run {
        private let session: Session
        private let inputs: [String: Tensor]
        private(set) var error: (any Error)?

        init(_ session: Session, _ inputs: [String: Tensor]) {
            self.session = session
            self.inputs = inputs
        }

        func callAsFunction() {
            do { _ = try session.run(inputs) } catch { self.error = error }
        }
    }
}
