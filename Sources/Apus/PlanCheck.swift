// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

import ApusExecution
import ApusKernels
package import ApusONNX
import ApusTensors

/// Compares what a plan was made for and from with what is here.
struct PlanCheck {
    private let plan: PlanReader
    private let options: Options

    init(_ plan: PlanReader, _ options: Options) {
        self.plan = plan
        self.options = options
    }

    /// Refuses a plan that was made by another engine, for another machine or from another model.
    ///
    /// - Throws: ``ImportError`` with code `stalePlan`, or `damaged` where the options want everything read.
    func check() throws(ImportError) {
        for difference in PlanFingerprint.differences(plan.record, options) { throw stale(difference) }
        for (name, size) in options.sizes.sorted(by: { $0.key < $1.key }) {
            guard let built = plan.record[PlanFingerprint.sizePrefix + name], built != String(size) else { continue }
            throw stale("the plan was built with \(name)=\(built), \(name)=\(size) is asked for")
        }
        if options.verifiesPlans { try plan.verifySegments() }
        guard let path = plan.path else { return }
        for source in plan.record.sources { try check(source, of: path) }
    }

    /// A source that is not there, as where only the plan was shipped, says nothing; nor does one whose size and time
    /// of change are those that were recorded.
    private func check(_ source: PlanRecord.Source, of path: String) throws(ImportError) {
        let location = SourceFile.location(source.path, of: path)
        guard let state = SourceFile.state(location) else { return }
        guard state.byteCount == source.byteCount else {
            throw stale(
                "'\(location)' has changed since the plan was built from it: it has \(state.byteCount) bytes, expected "
                    + "\(source.byteCount)")
        }
        if state.modified == source.modified, !options.verifiesPlans { return }
        guard let digest = SourceFile.digest(location) else { return }
        guard digest == source.digest else {
            throw stale(
                "'\(location)' has changed since the plan was built from it: its SHA-256 is \(digest.hexadecimal), "
                    + "expected \(source.digest.hexadecimal)")
        }
    }

    private func stale(_ what: String) -> ImportError {
        var refusal = ImportError(.stalePlan, what + ": build it again with '\(command)'")
        refusal.path = plan.path
        return refusal
    }

    /// What builds the plan for what is asked for now.
    private var command: String {
        let target = plan.path ?? "model.plan"
        let source = plan.record.sources.first.map { SourceFile.location($0.path, of: target) } ?? "model.onnx"
        var words = ["apus build", source, "-o", target]
        if options.instructionSet != .best { words += ["--isa", options.instructionSet.rawValue] }
        if options.precision != .f32 { words += ["--precision", options.precision.rawValue] }
        if options.isExact { words.append("--exact") }
        var sizes: [String: String] = [:]
        for (key, value) in plan.record.facts where key.hasPrefix(PlanFingerprint.sizePrefix) {
            sizes[String(key.dropFirst(PlanFingerprint.sizePrefix.count))] = value
        }
        sizes.merge(options.sizes.mapValues { String($0) }) { $1 }
        for (name, size) in sizes.sorted(by: { $0.key < $1.key }) { words.append("--size \(name)=\(size)") }
        return words.joined(separator: " ")
    }
}

/// What packed weights depend on: a plan with another fingerprint would be read wrongly.
package enum PlanFingerprint {
    /// What the names of facts about sizes begin with.
    static let sizePrefix = "size "

    private static var architecture: String {
        #if arch(x86_64)
            "x86-64"
        #elseif arch(arm64)
            "arm64"
        #else
            "another"
        #endif
    }

    /// The facts of a plan that is made here with the given options.
    static func facts(_ options: Options) -> [(key: String, value: String)] {
        [
            ("engine", Engine.version), ("architecture", architecture),
            ("instructions", options.instructionSet.rawValue), ("kernels", KernelSources.digest),
            ("precision", options.precision.rawValue), ("sums", options.isExact ? "exact" : "any"),
        ] + options.sizes.sorted { $0.key < $1.key }.map { (sizePrefix + $0.key, String($0.value)) }
    }

    /// How a plan's fingerprint differs from the one a plan made here would have, in words.
    package static func differences(_ record: PlanRecord, _ options: Options) -> [String] {
        func difference(_ key: String, _ here: String, _ text: (String) -> String) -> String? {
            let there = record[key] ?? "nothing"
            return there == here ? nil : text(there)
        }
        return [
            difference("architecture", architecture) {
                "the plan was built for \($0), this machine is \(architecture)"
            },
            difference("instructions", options.instructionSet.rawValue) {
                "the plan was built for \($0), this run uses \(options.instructionSet.rawValue)"
            },
            difference("precision", options.precision.rawValue) {
                "the plan was built to multiply \($0), this run multiplies \(options.precision.rawValue)"
            },
            difference("kernels", KernelSources.digest) {
                "the plan was built by an engine with other kernels (\(record["engine"] ?? "?"), kernels \($0)); this "
                    + "is \(Engine.version), kernels \(KernelSources.digest)"
            },
            options.isExact && record["sums"] != "exact"
                ? "the plan may hold forms that trade accuracy for speed, which this run leaves out" : nil,
        ].compactMap { $0 }
    }
}

/// The engine itself.
package enum Engine {
    /// Its version.
    package static let version = "0.1.0-dev"
}
